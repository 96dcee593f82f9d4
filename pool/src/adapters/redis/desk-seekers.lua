-- Seek, cancel, aside and regain: `seekers.ts`.
local function settle(seeker)
  widen(seeker, tierAfter(seeker.waitedMs))
  local other = lookFor(seeker)
  if other then propose(seeker, other) else enter(seeker) end
end

local function arrive()
  settle({
    session = memo.session, epoch = memo.epoch, seekNo = memo.seekNo, address = memo.address, lane = memo.lane,
    home = memo.home, device = memo.device, joinedMs = memo.joinedMs, waitedMs = memo.waitedMs,
    interests = memo.interests, languages = memo.languages, same = memo.same,
    arrivedMs = now, confirmedMs = now, state = 'waiting', open = SAME, silent = false, untilMs = 0,
  })
end

local function comeBack(seeker)
  call('ZREM', DUE, dueName(seeker))
  seeker.state = 'waiting'
  seeker.silent = false
  seeker.arrivedMs = now
  seeker.confirmedMs = now
  settle(seeker)
end

local function supersede(known)
  if isTrace(known) then return end
  if known.state == 'waiting' then return leave(known) end
  if known.state == 'aside' then return call('ZREM', DUE, dueName(known)) end
  local proposal = readProposal(known.lane, known.chat)
  if not proposal then return end
  local side, other = sidesOf(proposal, known.session)
  endBySide(proposal, side, other, 'gone')
end

local function confirm(seeker)
  seeker.confirmedMs = now
  keep(seeker)
  call('ZADD', keyOf('a', seeker.lane, seeker.address), now, seeker.session)
end

local function refuse(retryAfterMs)
  say(memo.address, {
    kind = 'seek_refused', session = memo.session, epoch = memo.epoch, seekNo = memo.seekNo,
    retryAfterMs = retryAfterMs,
  })
end

local function repeated(known)
  if known.state == 'ended' then
    if memo.listNo then arrive() end
  elseif known.state == 'gone' then
    if known.refusedUntilMs > now then refuse(known.refusedUntilMs - now) end
  elseif memo.listNo then
    if known.state == 'waiting' then confirm(known)
    elseif known.state == 'aside' and known.silent then comeBack(known) end
  end
end

local function newSeek(known)
  local goesOn = known and known.joinedMs == memo.joinedMs
  if known then supersede(known) end
  local waitMs = 0
  if not goesOn and not memo.listNo then waitMs = meterSeek(memo.device) end
  if waitMs == 0 then return arrive() end
  leaveTrace(memo, 'gone', -1, now + waitMs)
  refuse(waitMs)
end

local function onSeek()
  heard(memo.lane, memo.address)
  local known = knownOf(memo.lane, memo.session)
  local order = known and compareMarks(memo, known) or 1
  if known and order == 0 then repeated(known) end
  if order > 0 then newSeek(known) end
  if memo.listNo then listed() end
end

local function onCancel()
  local known = knownOf(memo.lane, memo.session)
  if known then
    local order = compareMarks(memo, known)
    if order < 0 or (order == 0 and known.state == 'gone') then return end
    supersede(known)
  end
  leaveTrace(memo, 'gone')
end

local function onAside()
  local known = knownOf(memo.lane, memo.session)
  local order = known and compareMarks(memo, known) or 1
  if order < 0 then return end
  if order > 0 then
    if known then supersede(known) end
    return leaveTrace(memo, 'gone')
  end
  if known.state == 'waiting' then
    putAside(known, false)
  elseif known.state == 'aside' and known.silent then
    known.silent = false
    keep(known)
  end
end

local function sayHeld(seeker, holds)
  local letter = {
    kind = 'regained', session = seeker.session, epoch = seeker.epoch, holds = holds, seekNo = seeker.seekNo,
    joinedMs = seeker.joinedMs, waitedMs = seeker.waitedMs, accepted = false,
  }
  say(seeker.address, letter)
  return letter
end

local function regainPlace(seeker)
  local waitedMs = seeker.state == 'waiting' and waitedOf(seeker) or seeker.waitedMs
  if memo.epoch > seeker.epoch then
    if seeker.state == 'waiting' then call('ZREM', keyOf('a', seeker.lane, seeker.address), seeker.session) end
    seeker.epoch = memo.epoch
    seeker.address = memo.address
  end
  sayHeld(seeker, 'seeking').waitedMs = waitedMs
  if seeker.state == 'aside' then comeBack(seeker) else confirm(seeker) end
end

local function regainProposal(seeker)
  local proposal = readProposal(seeker.lane, seeker.chat)
  if not proposal then return end
  local side, other = sidesOf(proposal, seeker.session)
  local isNewer = restamp(proposal, side, memo)
  seeker.epoch, seeker.address = side.epoch, side.address
  if proposal.stage == 'found' then
    local letter = sayHeld(seeker, 'offer')
    letter.chat = proposal.chat
    if #proposal.shared > 0 then letter.sharedInterests = proposal.shared end
    letter.leftMs = leftMs(proposal)
    letter.accepted = side.accepted
  elseif proposal.stage == 'offered' then
    -- Nothing was shown yet, and the new shard holds no offer: it must take it itself.
    if isNewer then side.taken = false end
    sayHeld(seeker, 'seeking')
    introduce('offer', proposal, side, other)
  else
    side.told = false
    introduce('paired', proposal, side, other)
    dueProposal(proposal, now + (SETTINGS.pairedAgainMs[1] or 0))
  end
  keepProposal(proposal)
end

local function onRegain()
  heard(memo.lane, memo.address)
  local known = knownOf(memo.lane, memo.session)
  if known and memo.epoch < known.epoch then return end
  if not known or isTrace(known) then
    say(memo.address, {
      kind = 'regained', session = memo.session, epoch = memo.epoch, holds = 'nothing', seekNo = memo.seekNo,
      accepted = false,
    })
  elseif known.state == 'waiting' or known.state == 'aside' then
    regainPlace(known)
  else
    regainProposal(known)
  end
end
