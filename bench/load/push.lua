-- Sends the pushes of a plan, each once and in order, then says so and reports.
--
--   wrk -t1 -cCONNECTIONS -dLIMITs -s push.lua http://127.0.0.1:PORT -- PLAN gateway|import keep-alive|close CONNECTIONS
--
-- A line of the plan is a body file and the grouping labels: FILE, then NAME and VALUE by turns, tab-separated.
-- wrk runs for its whole -d; whoever started it reads "finished" and sends SIGINT. If -d ends first, fewer pushes were done.

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds; long nanos; } moment; int clock_gettime(int clock, moment *out);")

-- Bodies beyond this are read again for each push, so that this process stays small.
local CACHE_LIMIT_BYTES = 256 * 1024 * 1024
local CLOCK_MONOTONIC = 1
local FOREVER_MILLIS = 3600 * 1000

local function now()
  local moment = ffi.new("moment[1]")
  ffi.C.clock_gettime(CLOCK_MONOTONIC, moment)
  return tonumber(moment[0].seconds) + tonumber(moment[0].nanos) / 1e9
end

local function head_of(labels, import, close)
  local parts = {}
  for i = 1, #labels, 2 do
    if import then
      parts[#parts + 1] = "extra_label=" .. labels[i] .. "=" .. labels[i + 1]
    elseif labels[i] == "job" then
      -- A gateway's path starts with the job, wherever the plan has it.
      table.insert(parts, 1, "/job/" .. labels[i + 1])
    else
      parts[#parts + 1] = "/" .. labels[i] .. "/" .. labels[i + 1]
    end
  end
  local target = import and "POST /api/v1/import/prometheus?" .. table.concat(parts, "&") or "PUT /metrics" .. table.concat(parts)
  return target .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain; version=0.0.4\r\n" .. (close and "Connection: close\r\n" or "")
end

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function init(arguments)
  local plan, import, close = arguments[1], arguments[2] == "import", arguments[3] == "close"
  connections = tonumber(arguments[4])
  files, heads, cache, cached_bytes = {}, {}, {}, 0
  for line in io.lines(plan) do
    local fields = {}
    for field in line:gmatch("[^\t]+") do fields[#fields + 1] = field end
    files[#files + 1] = table.remove(fields, 1)
    heads[#heads + 1] = head_of(fields, import, close)
    if cached_bytes < CACHE_LIMIT_BYTES then body_of(files[#files]) end
  end
  -- wrk asks for one request before the run, to look at it.
  sent, asked, started, ended = -1, 0, 0, 0
end

function body_of(file)
  local body = cache[file]
  if body then return body end
  local input = assert(io.open(file, "rb"))
  body = input:read("*a")
  input:close()
  if cached_bytes + #body <= CACHE_LIMIT_BYTES then
    cache[file], cached_bytes = body, cached_bytes + #body
  end
  return body
end

-- Called before each request of each connection, so first once for each of them and then after each answer.
function delay()
  asked = asked + 1
  if asked == 1 then started = now() end
  if asked == #files + connections then
    ended = now()
    print("finished")
    io.flush()
  end
  return asked <= #files and 0 or FOREVER_MILLIS
end

function request()
  sent = sent + 1
  local index = math.min(math.max(sent, 1), #files)
  local body = body_of(files[index])
  return heads[index] .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency)
  local thread = threads[1]
  local finished = thread:get("ended")
  local seconds = (finished > 0 and finished or now()) - thread:get("started")
  local errors = summary.errors
  print(string.format("result pushes=%d seconds=%f refused=%d broken=%d p50=%f p99=%f most=%f", summary.requests, seconds,
      errors.status, errors.connect + errors.read + errors.write, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
