-- One session's record as a packed string. What each script does with it stands in pool/src/clerk/record-rules.ts.
--
--   epoch 6 bytes, rev 4, attempt 3, device hash 8, and one byte of bits: place 2, flags 4, the last of the device 2
--   for each flag that is set: length 2, words (details, half, over, before)
--   the rest: the address
--
-- An idle record is 22 bytes and the address: up to 44 Redis keeps it in one piece of memory.
local HEAD = '>I6I4I3c8B'
local HEAD_BYTES = 22
local PLACES = { 'idle', 'seeking', 'proposed', 'chatting' }
local PLACE_BITS = { idle = 0, seeking = 1, proposed = 2, chatting = 3 }
local WORDS = { 'details', 'half', 'over', 'before' }
-- The attempt of a record that was put back: no admission has it.
local NO_ATTEMPT = 16777215

local function readRecord(key)
  local raw = redis.call('GET', key)
  if not raw then return nil end
  local epoch, rev, attempt, device, bits = struct.unpack(HEAD, raw)
  local record = { epoch = epoch, rev = rev, attempt = attempt, place = PLACES[bits % 4 + 1] }
  record.device = device .. string.char(math.floor(bits / 64) * 64)
  local at = HEAD_BYTES + 1
  local flag = 4
  for _, name in ipairs(WORDS) do
    if math.floor(bits / flag) % 2 == 1 then
      local length = struct.unpack('>I2', raw, at)
      record[name] = string.sub(raw, at + 2, at + 1 + length)
      at = at + 2 + length
    end
    flag = flag * 2
  end
  record.address = string.sub(raw, at)
  return record
end

local function keepRecord(key, record, ttlMs)
  local bits = PLACE_BITS[record.place] + string.byte(record.device, 9)
  local parts = { '' }
  local flag = 4
  for _, name in ipairs(WORDS) do
    local words = record[name]
    if words then
      bits = bits + flag
      parts[#parts + 1] = struct.pack('>I2', #words) .. words
    end
    flag = flag * 2
  end
  parts[1] = struct.pack(HEAD, record.epoch, record.rev, record.attempt, record.device, bits)
  parts[#parts + 1] = record.address
  redis.call('SET', key, table.concat(parts), 'PX', ttlMs)
end

-- An empty word stands for an absent one: no details, half or address is ever empty.
local function wordOf(arg)
  if arg == '' then return nil end
  return arg
end
local function numeral(number) return string.format('%.0f', number) end
local function chatIn(words) return words and string.sub(words, 1, 22) end
