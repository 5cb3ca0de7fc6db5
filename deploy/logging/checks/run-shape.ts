import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const SCRIPT = path.join(import.meta.dirname, '../shape.lua');

const shaped = z.object({
  code: z.number(),
  timestamp: z.number(),
  record: z.record(z.string(), z.unknown()),
});
export type Shaped = z.infer<typeof shaped>;

/** What `shape` makes of records, in the interpreter that Fluent Bit has inside. */
export async function runShape(
  records: readonly Record<string, unknown>[],
  env: Record<string, string> = {},
): Promise<Shaped[]> {
  const program = `
    dofile(${luaText(SCRIPT)})
    ${ENCODE}
    for _, record in ipairs({${records.map(lua).join(',\n')}}) do
      local code, timestamp, shaped = shape("logs.x", 1000.5, record)
      print(encode({ code = code, timestamp = timestamp, record = shaped }))
    end`;
  const child = promisify(execFile)('luajit', ['-'], { env, timeout: 20_000, maxBuffer: 64 * 1024 * 1024 });
  child.child.stdin?.end(program);
  const { stdout } = await child;
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => shaped.parse(JSON.parse(line)));
}

/** A value as Lua writes it. Null is absent there. */
function lua(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(lua).join(',')}}`;
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([name, inner]) => `[${luaText(name)}]=${lua(inner)}`);
    return `{${entries.join(',')}}`;
  }
  return typeof value === 'string' ? luaText(value) : String(value);
}

/** Every byte that is not plain is written by its number. */
function luaText(text: string): string {
  const bytes = [...Buffer.from(text, 'utf8')].map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\${String(byte).padStart(3, '0')}`,
  );
  return `"${bytes.join('')}"`;
}

const ENCODE = String.raw`
    local function encode(value)
      if type(value) == "string" then
        return '"' .. value:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
      elseif type(value) == "table" then
        local parts = {}
        if #value > 0 then
          for _, inner in ipairs(value) do parts[#parts + 1] = encode(inner) end
          return "[" .. table.concat(parts, ",") .. "]"
        end
        for name, inner in pairs(value) do parts[#parts + 1] = encode(name) .. ":" .. encode(inner) end
        return "{" .. table.concat(parts, ",") .. "}"
      elseif type(value) == "number" then
        return string.format("%.17g", value)
      end
      return tostring(value)
    end`;
