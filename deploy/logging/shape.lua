-- Makes of a record what the index takes: see elasticsearch/index-template.json, which refuses any other field.
-- Used by both configurations of Fluent Bit.

-- The fields of docs/logging.md. Written by generate.ts.
local KEPT = {
  time = true,
  level = true,
  role = true,
  msg = true,
  project_id = true,
  job_id = true,
  task_id = true,
  attempt = true,
  trace_id = true,
  span_id = true,
  request_id = true,
  worker_id = true,
  machine_id = true,
  upload_id = true,
  object_prefix = true,
  kind = true,
  event = true,
  outcome = true,
  code = true,
  reason = true,
  detail = true,
  verdict = true,
  seconds = true,
  count = true,
  err = true,
  signal = true,
  address = true,
  grpc_address = true,
  edge_url = true,
  slots = true,
  capabilities = true,
  ffmpeg_version = true,
  ffmpeg_build = true,
  path = true,
}

-- What is kept of an error.
local ERROR = { type = true, message = true, code = true, stack = true, causes = true }

-- What Kubernetes says of a container, as it is kept.
local POD = { namespace_name = "namespace", pod_name = "pod", container_name = "container" }

-- Requests that machines repeat for ever, in the lines of others.
local HEALTH = { "GET /health", "GET /healthz", "GET /readyz", "GET /metrics", "kube%-probe" }

local LEVELS = { trace = true, debug = true, info = true, warn = true, error = true, fatal = true }

local function is_own(record)
  return type(record.msg) == "string" and type(record.role) == "string" and LEVELS[record.level] == true
end

local function error_of(err)
  if type(err) ~= "table" then return nil end
  local kept = {}
  for name, value in pairs(err) do
    if ERROR[name] then kept[name] = type(value) == "number" and tostring(value) or value end
  end
  return kept
end

local function own(record)
  local kept = {}
  for name, value in pairs(record) do
    if KEPT[name] then kept[name] = value end
  end
  kept.err = error_of(record.err)
  return kept
end

local function service_of(record)
  if type(record.attrs) == "table" and record.attrs["com.docker.compose.service"] then
    return record.attrs["com.docker.compose.service"]
  end
  if type(record.kubernetes) == "table" and record.kubernetes.container_name then
    return record.kubernetes.container_name
  end
  return "other"
end

-- A line that is not Millrace's: a database's, or the last words of a process. Nil for what nobody wants.
local function others(record)
  local text = record.log
  if type(text) ~= "string" or text:match("^%s*$") then return nil end
  for _, pattern in ipairs(HEALTH) do
    if text:find(pattern) then return nil end
  end
  local level = record.stream == "stderr" and "warn" or "info"
  return { level = level, role = service_of(record), msg = (text:gsub("%s+$", "")) }
end

local function pod_of(kubernetes)
  if type(kubernetes) ~= "table" then return nil end
  local pod = { node = os.getenv("NODE_NAME") }
  for name, as in pairs(POD) do
    pod[as] = kubernetes[name]
  end
  return pod
end

-- Days since 1970 of a date of the Gregorian calendar.
local function days_of(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = math.floor(year / 400)
  local of_era = year - era * 400
  local of_year = math.floor((153 * (month + (month > 2 and -3 or 9)) + 2) / 5) + day - 1
  return era * 146097 + of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100) + of_year - 719468
end

-- Seconds since 1970 of a time as Millrace writes it; nil for any other.
local function seconds_of(time)
  if type(time) ~= "string" then return nil end
  local year, month, day, hour, minute, second = time:match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):([%d.]+)Z$")
  if not year then return nil end
  local days = days_of(tonumber(year), tonumber(month), tonumber(day))
  return days * 86400 + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end

function shape(_, timestamp, record)
  local is_ours = is_own(record)
  local shaped = is_ours and own(record) or others(record)
  if shaped == nil then return -1, timestamp, record end
  shaped.kubernetes = pod_of(record.kubernetes)
  return 1, is_ours and seconds_of(record.time) or timestamp, shaped
end
