-- wrk: sends each delivery of the file DELIVERIES once, `signature TAB body` a line, then stops.
local requests, index = {}, 0

function init()
  for line in io.lines(os.getenv("DELIVERIES")) do
    local signature, body = line:match("^(.-)\t(.*)$")
    requests[#requests + 1] = wrk.format("POST", "/webhooks/stripe",
      { ["Stripe-Signature"] = signature, ["Content-Type"] = "application/json" }, body)
  end
end

function request()
  index = index + 1
  -- Running out would send known events, which cost no commit.
  if index >= #requests then wrk.thread:stop() end
  return requests[math.min(index, #requests)]
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
