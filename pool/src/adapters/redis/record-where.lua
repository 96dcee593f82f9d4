-- KEYS: record. ARGV: chat.
local record = readRecord(KEYS[1])
if not record then return { 'unknown' } end
local chat = 'unknown'
if chatIn(record.half) == ARGV[1] then
  chat = 'in'
elseif chatIn(record.over) == ARGV[1] then
  chat = 'over'
end
return { chat, record.address, numeral(record.epoch) }
