-- wrk: looks up a key with the tokens of the file TOKENS, one a line, spread over all of it; with
-- PAUSE, each connection asks again after so many milliseconds.
local requests, index = {}, 0

function init()
  for token in io.lines(os.getenv("TOKENS")) do
    requests[#requests + 1] =
      wrk.format("GET", "/v1/key", { ["Authorization"] = "Bearer " .. token })
  end
end

function request()
  -- A prime step visits every token before it repeats one, and no neighbours one after the other.
  index = (index + 7919) % #requests
  return requests[index + 1]
end

local pause = tonumber(os.getenv("PAUSE") or "0")
if pause > 0 then
  function delay() return pause end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "\nRESULT {\"requests\": %d, \"microseconds\": %d, \"refused\": %d, \"broken\": %d, "
      .. "\"p50\": %d, \"p99\": %d}\n",
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
