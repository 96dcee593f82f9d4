-- KEYS: record, generation. ARGV: epoch, attempt, fresh, device, address, now, ttl, settle, generation if there is
-- none.
local epoch, attempt, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[6])
redis.call('SET', KEYS[2], ARGV[9], 'NX')
local record = readRecord(KEYS[1])
if not record then
  local bornMs = tonumber(string.match(redis.call('GET', KEYS[2]), '%.(%d+)$'))
  if ARGV[3] ~= '1' and math.abs(now - bornMs) < tonumber(ARGV[8]) then return { 'wait' } end
  record = { place = 'idle' }
elseif record.device ~= ARGV[4] then
  return { 'stranger' }
elseif record.epoch ~= epoch or record.attempt ~= attempt then
  if epoch <= record.epoch then return { 'stale' } end
  -- Those of an admission that nobody confirmed stay, newest first, three at most (record-rules.ts).
  local all, count = record.address, 1
  for one in string.gmatch(record.before or '', '%S+') do
    if one ~= record.address and count < 3 then all, count = all .. ' ' .. one, count + 1 end
  end
  record.before = all
end
if record.epoch ~= epoch then
  record.epoch, record.rev, record.attempt = epoch, 0, attempt
  record.device, record.address = ARGV[4], ARGV[5]
  keepRecord(KEYS[1], record, ARGV[7])
end
if not record.before then return { 'new' } end
return { 'back', record.place, record.details or '', record.half or '', record.over or '', record.before }
