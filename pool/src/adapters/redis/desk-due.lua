-- What has come due: `due.ts`.
local function seekerMoment(lane, session, item)
  local known = knownOf(lane, session)
  if not known or isTrace(known) or known.state == 'proposed' then
    return call('ZREM', DUE, item)
  end
  if known.state == 'aside' then
    if now < known.untilMs then return call('ZADD', DUE, known.untilMs, item) end
    call('ZREM', DUE, item)
    return eraseKnown(lane, session)
  end
  if isStale(known) then return forget(known) end
  widen(known, tierAfter(waitedOf(known)))
  local other = lookFor(known)
  if other then
    leave(known)
    return propose(known, other)
  end
  openUp(known)
  keep(known)
  call('ZADD', DUE, nextMomentMs(known), item)
end

local function sayAgain(proposal, kind, answered)
  local a, b = proposal.sides[1], proposal.sides[2]
  if not a[answered] then introduce(kind, proposal, a, b) end
  if not b[answered] then introduce(kind, proposal, b, a) end
end

local function proposalMoment(lane, chat, item)
  local proposal = readProposal(lane, chat)
  if not proposal then return call('ZREM', DUE, item) end
  local passedMs, atMs = now - proposal.sinceMs, 0
  if proposal.stage == 'found' then
    if passedMs >= SETTINGS.acceptWindowMs then return expire(proposal) end
    atMs = proposal.sinceMs + SETTINGS.acceptWindowMs
  elseif proposal.stage == 'paired' then
    if passedMs >= SETTINGS.proposalKeptMs then return dropPaired(proposal) end
    sayAgain(proposal, 'paired', 'told')
    atMs = nextAgainMs(proposal)
  elseif passedMs >= SETTINGS.offerTakenMs then
    return callOff(proposal)
  elseif passedMs >= SETTINGS.offerAgainMs then
    sayAgain(proposal, 'offer', 'taken')
    atMs = proposal.sinceMs + SETTINGS.offerTakenMs
  else
    atMs = proposal.sinceMs + SETTINGS.offerAgainMs
  end
  call('ZADD', DUE, atMs, item)
end

-- False when another matcher has done it.
local function onDue(item)
  local dueMs = tonumber(call('ZSCORE', DUE, item) or nil)
  if not dueMs or dueMs > now then return false end
  local kind, lane, name = string.match(item, '^(%a):(%a+):(.+)$')
  if kind == 's' then seekerMoment(lane, name, item)
  elseif kind == 'p' then proposalMoment(lane, name, item)
  else shardMoment(lane, name, item, dueMs) end
  return true
end

-- The items that are due, and when the next moment comes; changes nothing.
local function peek(most)
  local items = call('ZRANGEBYSCORE', DUE, '-inf', now, 'LIMIT', 0, most)
  local first = call('ZRANGE', DUE, 0, 0, 'WITHSCORES')
  return encode({ first[2] or '', unpack(items) })
end
