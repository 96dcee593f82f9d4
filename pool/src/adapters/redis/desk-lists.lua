-- What a shard says of its seekers, and its silence: `lists.ts`.
local function keepList(lane, address, list)
  call('SET', keyOf('l', lane, address), pack(list))
end
local function heard(lane, address)
  local list = readPacked(keyOf('l', lane, address))
  if not list then
    list = { heardMs = 0, listNo = -1, startedMs = 0, endCount = -1, dropBeforeMs = 0 }
    call('ZADD', DUE, now + SETTINGS.shardSilentMs, 'h:' .. lane .. ':' .. address)
  end
  if now > list.heardMs then
    list.heardMs = now
    keepList(lane, address, list)
  end
  return list
end

local function beginList(list, lane, address, listNo)
  list.listNo = listNo
  list.startedMs = now
  list.endCount = -1
  call('DEL', keyOf('g', lane, address))
  keepList(lane, address, list)
end

-- Drops some of those that a whole list lacks; true when none is left.
local function dropSlice(list, lane, address)
  local index = keyOf('a', lane, address)
  local upTo = '(' .. string.format('%.0f', list.dropBeforeMs)
  local found = call('ZRANGEBYSCORE', index, '-inf', upTo, 'LIMIT', 0, SETTINGS.sliceMax)
  for _, session in ipairs(found) do
    local seeker = candidate(lane, session, index)
    if seeker then forget(seeker) end
  end
  if #found == SETTINGS.sliceMax then return false end
  list.dropBeforeMs = 0
  return true
end

local function completeWhenWhole(list, lane, address)
  if list.endCount ~= call('SCARD', keyOf('g', lane, address)) then return end
  list.endCount = -1
  list.dropBeforeMs = list.startedMs - SETTINGS.listSlackMs
  call('DEL', keyOf('g', lane, address))
  if not dropSlice(list, lane, address) then call('ZADD', DUE, now, 'h:' .. lane .. ':' .. address) end
end

local function onCount()
  local list = heard(memo.lane, memo.address)
  if memo.listNo <= list.listNo then return end
  if call('ZCARD', keyOf('a', memo.lane, memo.address)) == memo.count then return end
  beginList(list, memo.lane, memo.address, memo.listNo)
  say(memo.address, { kind = 'list_wanted', listNo = memo.listNo })
end

local function listed()
  local lane, address, listNo = memo.lane, memo.address, memo.listNo
  local list = heard(lane, address)
  if listNo < list.listNo then return end
  if listNo > list.listNo then beginList(list, lane, address, listNo) end
  call('SADD', keyOf('g', lane, address), memo.session)
  completeWhenWhole(list, lane, address)
  keepList(lane, address, list)
end

local function onListEnd()
  local lane, address, listNo = memo.lane, memo.address, memo.listNo
  local list = heard(lane, address)
  if listNo < list.listNo then return end
  if listNo > list.listNo then beginList(list, lane, address, listNo) end
  list.endCount = memo.count
  completeWhenWhole(list, lane, address)
  keepList(lane, address, list)
end

local function silenceOf(list, lane, address, item)
  local index = keyOf('a', lane, address)
  for _, session in ipairs(call('ZRANGE', index, 0, SETTINGS.sliceMax - 1)) do
    local seeker = candidate(lane, session, index)
    if seeker then putAside(seeker, true) end
  end
  if call('ZCARD', index) > 0 then
    keepList(lane, address, list)
    call('ZADD', DUE, now, item)
  else
    call('DEL', keyOf('l', lane, address), keyOf('g', lane, address))
    call('ZREM', DUE, item)
  end
end

local function shardMoment(lane, address, item, dueMs)
  local list = readPacked(keyOf('l', lane, address))
  if not list then return call('ZREM', DUE, item) end
  if list.dropBeforeMs ~= 0 and not dropSlice(list, lane, address) then
    keepList(lane, address, list)
    return call('ZADD', DUE, now, item)
  end
  if now - list.heardMs >= SETTINGS.shardSilentMs and now - dueMs > SETTINGS.lateMs then list.heardMs = now end
  if now - list.heardMs >= SETTINGS.shardSilentMs then return silenceOf(list, lane, address, item) end
  keepList(lane, address, list)
  call('ZADD', DUE, list.heardMs + SETTINGS.shardSilentMs, item)
end
