-- The desk's tables in Redis: what `pool/src/matcher/desk.ts` keeps in maps, under the same letters.
-- All keys begin with one tag, so that they lie in one slot.
local TAG = '{match}:'
local DUE = TAG .. 'due'
-- Of the call that runs: what was said, when, an id for a chat that it may begin, and the letters it calls for.
local memo, now, freshChat, letters

-- What every call needs again and again, at hand; Redis gives some of it to a library only once a call runs.
local call, pack, unpacked, decode, encode
local function begin(args)
  if not call then
    call, pack, unpacked, decode, encode = redis.call, cmsgpack.pack, cmsgpack.unpack, cjson.decode, cjson.encode
  end
  memo, now, freshChat, letters = decode(args[1]), tonumber(args[2]), args[3], {}
end
local function say(to, letter)
  letters[#letters + 1] = { to = to, memo = letter }
end
local function answer()
  if #letters == 0 then return '[]' end
  return encode(letters)
end

local function keyOf(kind, lane, name) return TAG .. kind .. ':' .. lane .. ':' .. name end
local function readPacked(key)
  local raw = call('GET', key)
  if not raw then return nil end
  return unpacked(raw)
end

local function isTrace(known) return known.state == 'ended' or known.state == 'gone' end

local function knownOf(lane, session)
  local known = readPacked(keyOf('s', lane, session))
  if known and isTrace(known) and known.untilMs <= now then return nil end
  return known
end
local function keep(known)
  call('SET', keyOf('s', known.lane, known.session), pack(known))
end
local function eraseKnown(lane, session) call('DEL', keyOf('s', lane, session)) end

local function leaveTrace(mark, state, joinedMs, refusedUntilMs)
  local trace = {
    lane = mark.lane, session = mark.session, epoch = mark.epoch, seekNo = mark.seekNo, state = state,
    untilMs = now + SETTINGS.tombstoneMs, joinedMs = joinedMs or -1, refusedUntilMs = refusedUntilMs or 0,
  }
  call('SET', keyOf('s', mark.lane, mark.session), pack(trace), 'PX', SETTINGS.tombstoneMs)
end

-- Below zero, zero or above, as the one comes before, with or after the other.
local function compareMarks(a, b)
  if a.epoch ~= b.epoch then return a.epoch - b.epoch end
  return a.seekNo - b.seekNo
end

local function pairKey(lane, a, b)
  if a < b then return keyOf('n', lane, a .. '|' .. b) end
  return keyOf('n', lane, b .. '|' .. a)
end
local function avoidUntil(lane, a, b, untilMs)
  if untilMs <= now then return end
  local key = pairKey(lane, a, b)
  if (tonumber(call('GET', key) or 0)) >= untilMs then return end
  call('SET', key, string.format('%.0f', untilMs), 'PX', untilMs - now)
end
local function isAvoided(lane, a, b)
  return (tonumber(call('GET', pairKey(lane, a, b)) or 0)) > now
end

-- Generic cell rate: one number is the whole bucket.
local function meterSeek(device)
  local key = TAG .. 'm:' .. device
  local everyMs = math.max(1, math.floor(SETTINGS.seeksWindowMs / SETTINGS.seeksPerWindow))
  local nextMs = math.max(tonumber(call('GET', key) or 0), now) + everyMs
  local roomMs = everyMs * SETTINGS.seeksPerWindow
  if nextMs - now > roomMs then return nextMs - now - roomMs end
  call('SET', key, string.format('%.0f', nextMs), 'PX', nextMs - now)
  return 0
end

local function readProposal(lane, chat) return readPacked(keyOf('p', lane, chat)) end
local function keepProposal(proposal)
  call('SET', keyOf('p', proposal.lane, proposal.chat), pack(proposal))
end
local function dropProposal(proposal)
  call('DEL', keyOf('p', proposal.lane, proposal.chat))
  call('ZREM', DUE, 'p:' .. proposal.lane .. ':' .. proposal.chat)
end
local function dueProposal(proposal, atMs)
  call('ZADD', DUE, atMs, 'p:' .. proposal.lane .. ':' .. proposal.chat)
end
-- The side of a session, and the other; nil when it is in none of them.
local function sidesOf(proposal, session)
  local a, b = proposal.sides[1], proposal.sides[2]
  if a.session == session then return a, b end
  if b.session == session then return b, a end
  return nil, nil
end
