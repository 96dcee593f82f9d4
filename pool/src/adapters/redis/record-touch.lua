-- KEYS: records of one partition. ARGV: ttl, then an epoch for each. Answers a letter for each: kept, lower, missing.
local answers = {}
for i, key in ipairs(KEYS) do
  local record = readRecord(key)
  if not record then
    answers[i] = 'm'
  elseif record.epoch > tonumber(ARGV[i + 1]) then
    answers[i] = 'l'
  else
    answers[i] = 'k'
    if record.before then
      record.before = nil
      keepRecord(key, record, ARGV[1])
    else
      redis.call('PEXPIRE', key, ARGV[1])
    end
  end
end
return table.concat(answers)
