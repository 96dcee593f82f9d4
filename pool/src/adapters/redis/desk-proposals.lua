-- A proposal's life: `proposals.ts` and `letters.ts`.
local function toSide(kind, proposal, side)
  return { kind = kind, chat = proposal.chat, session = side.session, epoch = side.epoch, seekNo = side.seekNo }
end
local function introduce(kind, proposal, side, other)
  local letter = toSide(kind, proposal, side)
  letter.desk = SETTINGS.region
  if #proposal.shared > 0 then letter.sharedInterests = proposal.shared end
  letter.partner = other.session
  letter.partnerHome = other.home
  letter.partnerDevice = other.device
  letter.partnerAddress = other.address
  letter.partnerEpoch = other.epoch
  say(side.address, letter)
end
local function introduceBoth(kind, proposal)
  introduce(kind, proposal, proposal.sides[1], proposal.sides[2])
  introduce(kind, proposal, proposal.sides[2], proposal.sides[1])
end
local function leftMs(proposal) return math.max(0, proposal.sinceMs + SETTINGS.acceptWindowMs - now) end
local function sayFound(proposal, side)
  local letter = toSide('found', proposal, side)
  letter.leftMs = leftMs(proposal)
  say(side.address, letter)
end
local function sayEnding(kind, proposal, side) say(side.address, toSide(kind, proposal, side)) end

local function sideOf(seeker)
  return {
    session = seeker.session, epoch = seeker.epoch, seekNo = seeker.seekNo, address = seeker.address,
    home = seeker.home, device = seeker.device, taken = false, accepted = false, told = false,
  }
end

local function propose(seeker, other)
  leave(other)
  for _, one in ipairs({ seeker, other }) do
    one.waitedMs = waitedOf(one)
    one.arrivedMs = now
    one.state = 'proposed'
    one.chat = freshChat
    keep(one)
  end
  local shared = {}
  for _, tag in ipairs(seeker.interests) do
    for _, theirs in ipairs(other.interests) do
      if tag == theirs then shared[#shared + 1] = tag end
    end
  end
  local proposal = {
    chat = freshChat, lane = seeker.lane, stage = 'offered', sinceMs = now, shared = shared,
    sides = { sideOf(seeker), sideOf(other) },
  }
  keepProposal(proposal)
  dueProposal(proposal, now + SETTINGS.offerAgainMs)
  introduceBoth('offer', proposal)
end

-- The seeker behind a side, unless a newer seek has taken the place.
local function seekerOf(proposal, side)
  local known = knownOf(proposal.lane, side.session)
  if known and not isTrace(known) and known.chat == proposal.chat then return known end
  return nil
end

local function restamp(proposal, side, from)
  if from.epoch <= side.epoch then return false end
  side.epoch = from.epoch
  side.address = from.address
  local seeker = seekerOf(proposal, side)
  if seeker then
    seeker.epoch = from.epoch
    seeker.address = from.address
    keep(seeker)
  end
  return true
end

local function release(proposal, side, leaves)
  local seeker = seekerOf(proposal, side)
  if seeker then leaveTrace(seeker, leaves, leaves == 'ended' and seeker.joinedMs or -1) end
end

local function nextAgainMs(proposal)
  local dropMs = proposal.sinceMs + SETTINGS.proposalKeptMs
  if proposal.sides[1].told and proposal.sides[2].told then return dropMs end
  local passedMs, lastMs = now - proposal.sinceMs, 0
  for _, againMs in ipairs(SETTINGS.pairedAgainMs) do
    if againMs > passedMs then return math.min(dropMs, proposal.sinceMs + againMs) end
    lastMs = againMs
  end
  local times = math.floor((passedMs - lastMs) / SETTINGS.pairedAgainEveryMs) + 1
  return math.min(dropMs, proposal.sinceMs + lastMs + times * SETTINGS.pairedAgainEveryMs)
end

local function markTold(proposal, side)
  side.told = true
  keepProposal(proposal)
  if proposal.sides[1].told and proposal.sides[2].told then dueProposal(proposal, nextAgainMs(proposal)) end
end

local function endBySide(proposal, side, other, leaves)
  if proposal.stage == 'paired' then return markTold(proposal, side) end
  dropProposal(proposal)
  release(proposal, side, leaves)
  release(proposal, other, 'ended')
  sayEnding(proposal.stage == 'offered' and 'cancelled' or 'declined', proposal, other)
end

local function expire(proposal)
  dropProposal(proposal)
  for _, side in ipairs(proposal.sides) do
    release(proposal, side, side.accepted and 'ended' or 'gone')
    sayEnding(side.accepted and 'declined' or 'expired', proposal, side)
  end
end

local function callOff(proposal)
  dropProposal(proposal)
  for _, side in ipairs(proposal.sides) do
    release(proposal, side, 'ended')
    sayEnding('cancelled', proposal, side)
  end
end

local function dropPaired(proposal)
  dropProposal(proposal)
  for _, side in ipairs(proposal.sides) do
    if seekerOf(proposal, side) then eraseKnown(proposal.lane, side.session) end
  end
end

local function showToBoth(proposal)
  local a, b = proposal.sides[1], proposal.sides[2]
  proposal.stage = 'found'
  proposal.sinceMs = now
  avoidUntil(proposal.lane, a.device, b.device, now + SETTINGS.avoidAfterProposalMs)
  dueProposal(proposal, now + SETTINGS.acceptWindowMs)
  sayFound(proposal, a)
  sayFound(proposal, b)
end

local function pairUp(proposal)
  local a, b = proposal.sides[1], proposal.sides[2]
  proposal.stage = 'paired'
  proposal.sinceMs = now
  avoidUntil(proposal.lane, a.device, b.device, now + SETTINGS.avoidAfterChatMs)
  dueProposal(proposal, nextAgainMs(proposal))
  introduceBoth('paired', proposal)
end

local function strayAnswer(kind, seekNo)
  local known = knownOf(memo.lane, memo.session)
  if known and known.epoch > memo.epoch then return end
  say(memo.address, { kind = kind, chat = memo.chat, session = memo.session, epoch = memo.epoch, seekNo = seekNo })
end

local function onOfferAnswer()
  local proposal = readProposal(memo.lane, memo.chat)
  if not proposal then
    if memo.taken then strayAnswer('cancelled', memo.seekNo) end
    return
  end
  local side, other = sidesOf(proposal, memo.session)
  if not side or memo.epoch < side.epoch or memo.seekNo ~= side.seekNo then return end
  if proposal.stage == 'paired' then return end
  if not memo.taken then return endBySide(proposal, side, other, 'ended') end
  restamp(proposal, side, memo)
  side.taken = true
  if proposal.stage == 'found' then sayFound(proposal, side)
  elseif other.taken then showToBoth(proposal) end
  keepProposal(proposal)
end

local function onAccept()
  local proposal = readProposal(memo.lane, memo.chat)
  if not proposal then
    local known = knownOf(memo.lane, memo.session)
    return strayAnswer('declined', known and known.epoch == memo.epoch and known.seekNo or 0)
  end
  local side, other = sidesOf(proposal, memo.session)
  if not side or memo.epoch < side.epoch or proposal.stage == 'offered' then return end
  restamp(proposal, side, memo)
  if proposal.stage == 'paired' then
    if not side.told then introduce('paired', proposal, side, other) end
    return keepProposal(proposal)
  end
  side.accepted = true
  if leftMs(proposal) == 0 then return expire(proposal) end
  if other.accepted then pairUp(proposal) end
  keepProposal(proposal)
end

local function onDecline()
  local proposal = readProposal(memo.lane, memo.chat)
  if not proposal then return end
  local side, other = sidesOf(proposal, memo.session)
  if side and memo.epoch >= side.epoch then endBySide(proposal, side, other, 'gone') end
end

local function onPairedTaken()
  local proposal = readProposal(memo.lane, memo.chat)
  if not proposal or proposal.stage ~= 'paired' then return end
  local side = sidesOf(proposal, memo.session)
  if side and memo.epoch >= side.epoch then markTold(proposal, side) end
end
