-- The indexes of those who wait, and the look for a partner: `waiting.ts` and `look.ts`.
local SAME, SHARED, ANYONE = 0, 1, 2

local function tierAfter(waitedMs)
  if waitedMs >= SETTINGS.tiersMs[3] then return ANYONE end
  if waitedMs >= SETTINGS.tiersMs[2] then return SHARED end
  return SAME
end
local function widen(seeker, tier)
  if tier > seeker.open then seeker.open = tier end
end
local function waitedOf(seeker) return seeker.waitedMs + math.max(0, now - seeker.arrivedMs) end
local function isStale(seeker) return now - seeker.confirmedMs >= SETTINGS.forgetMs end
local function dueName(seeker) return 's:' .. seeker.lane .. ':' .. seeker.session end

local function nextMomentMs(seeker)
  local forgetMs = seeker.confirmedMs + SETTINGS.forgetMs
  if seeker.open >= ANYONE then return forgetMs end
  return math.min(forgetMs, seeker.arrivedMs + SETTINGS.tiersMs[seeker.open + 2] - seeker.waitedMs)
end

local function openUp(seeker)
  local lane, session, joinedMs = seeker.lane, seeker.session, seeker.joinedMs
  if seeker.open >= SHARED then
    for _, tag in ipairs(seeker.interests) do call('ZADD', keyOf('j', lane, tag), joinedMs, session) end
  end
  if seeker.open >= ANYONE then call('ZADD', keyOf('o', lane, ''), joinedMs, session) end
end

local function enter(seeker)
  local lane, session, joinedMs = seeker.lane, seeker.session, seeker.joinedMs
  call('ZADD', keyOf('x', lane, seeker.same), joinedMs, session)
  for _, tag in ipairs(seeker.interests) do call('ZADD', keyOf('i', lane, tag), joinedMs, session) end
  call('ZADD', keyOf('w', lane, ''), joinedMs, session)
  call('ZADD', keyOf('a', lane, seeker.address), seeker.confirmedMs, session)
  openUp(seeker)
  keep(seeker)
  call('ZADD', DUE, nextMomentMs(seeker), dueName(seeker))
end

local function leave(seeker)
  local lane, session = seeker.lane, seeker.session
  call('ZREM', keyOf('x', lane, seeker.same), session)
  for _, tag in ipairs(seeker.interests) do
    call('ZREM', keyOf('i', lane, tag), session)
    if seeker.open >= SHARED then call('ZREM', keyOf('j', lane, tag), session) end
  end
  call('ZREM', keyOf('w', lane, ''), session)
  if seeker.open >= ANYONE then call('ZREM', keyOf('o', lane, ''), session) end
  call('ZREM', keyOf('a', lane, seeker.address), session)
  call('ZREM', DUE, dueName(seeker))
end

local function forget(seeker)
  leave(seeker)
  eraseKnown(seeker.lane, seeker.session)
end

local function putAside(seeker, silent)
  leave(seeker)
  seeker.waitedMs = waitedOf(seeker)
  seeker.arrivedMs = now
  seeker.state = 'aside'
  seeker.silent = silent
  seeker.untilMs = now + SETTINGS.setAsideMs
  keep(seeker)
  call('ZADD', DUE, seeker.untilMs, dueName(seeker))
end

-- The waiting seeker of that session. What an index names and nobody knows any more is taken out of it: no ghost
-- stays (defect 1).
local function candidate(lane, session, index)
  local known = knownOf(lane, session)
  if not known or known.state ~= 'waiting' then
    call('ZREM', index, session)
    return nil
  end
  if not isStale(known) then return known end
  forget(known)
  return nil
end

local function speakOneLanguage(a, b)
  if #a == 0 or #b == 0 then return true end
  for _, one in ipairs(a) do
    for _, two in ipairs(b) do
      if one == two then return true end
    end
  end
  return false
end

local function mayMeet(a, b, anyLanguage)
  if a.device == b.device and not SETTINGS.sameDeviceMayMeet then return false end
  if not anyLanguage and not speakOneLanguage(a.languages, b.languages) then return false end
  return not isAvoided(a.lane, a.device, b.device)
end

local function firstAllowed(seeker, found, anyLanguage)
  for _, row in ipairs(found) do
    if row.session ~= seeker.session then
      local other = candidate(seeker.lane, row.session, row.index)
      if other and mayMeet(seeker, other, anyLanguage) then return other end
    end
  end
  return nil
end

local function window(index)
  local found = {}
  for _, session in ipairs(call('ZRANGE', index, 0, SETTINGS.candidatesMax - 1)) do
    found[#found + 1] = { session = session, index = index }
  end
  return found
end

local function mostShared(seeker)
  local kind = seeker.open >= SHARED and 'i' or 'j'
  local bySession, found = {}, {}
  for _, tag in ipairs(seeker.interests) do
    local index = keyOf(kind, seeker.lane, tag)
    local rows = call('ZRANGE', index, 0, SETTINGS.candidatesMax - 1, 'WITHSCORES')
    for at = 1, #rows, 2 do
      local row = bySession[rows[at]]
      if row then
        row.shared = row.shared + 1
      else
        row = { session = rows[at], index = index, joinedMs = tonumber(rows[at + 1]), shared = 1 }
        bySession[row.session] = row
        found[#found + 1] = row
      end
    end
  end
  table.sort(found, function(one, two)
    if one.shared ~= two.shared then return one.shared > two.shared end
    if one.joinedMs ~= two.joinedMs then return one.joinedMs < two.joinedMs end
    return one.session < two.session
  end)
  return found
end

local function lookFor(seeker)
  local lane, isOpen = seeker.lane, seeker.open >= ANYONE
  return firstAllowed(seeker, window(keyOf('x', lane, seeker.same)), isOpen)
    or firstAllowed(seeker, mostShared(seeker), isOpen)
    or firstAllowed(seeker, window(keyOf(isOpen and 'w' or 'o', lane, '')), true)
end
