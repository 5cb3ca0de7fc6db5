import { type Capnp, embedded, list, quoted, raw, struct } from './capnp.ts';

/** Of wrangler.toml; a test holds them together. */
export const COMPATIBILITY_DATE = '2026-11-01';

export interface WorkerModules {
  /** The first one is the Worker; the others are what it imports. By name, with the file that holds each. */
  modules: readonly { name: string; file: string }[];
  bindings?: Readonly<Record<string, Capnp>>;
  compatibilityFlags?: readonly string[];
  /** Further fields of workerd's `Worker`. */
  fields?: Readonly<Record<string, Capnp>>;
}

export interface WorkerdSocket {
  name: string;
  /** `host:port` or `unix:/path`. */
  address: string;
  service: string;
  http?: Capnp;
}

/** One Worker of a workerd process, as an entry of `services`. */
export function workerService(name: string, worker: WorkerModules): Capnp {
  const { modules, bindings = {}, compatibilityFlags = [], fields = {} } = worker;
  return struct({
    name: quoted(name),
    worker: struct({
      modules: list(
        modules.map((module) => struct({ name: quoted(module.name), esModule: embedded(module.file) })),
      ),
      compatibilityDate: quoted(COMPATIBILITY_DATE),
      compatibilityFlags: list(compatibilityFlags.map(quoted)),
      bindings: list(
        Object.entries(bindings).map(([binding, value]) =>
          raw(`(name = ${JSON.stringify(binding)}, ${value.text})`),
        ),
      ),
      ...fields,
    }),
  });
}

/** A variable that workerd reads from its own environment, so that no secret is in a file. */
export function fromEnvironment(variable: string): Capnp {
  return raw(`fromEnvironment = ${JSON.stringify(variable)}`);
}

export function textBinding(value: string): Capnp {
  return raw(`text = ${JSON.stringify(value)}`);
}

export function jsonBinding(value: unknown): Capnp {
  return raw(`json = ${JSON.stringify(JSON.stringify(value))}`);
}

export function serviceBinding(service: string): Capnp {
  return raw(`service = ${JSON.stringify(service)}`);
}

/** The whole of a configuration file. */
export function workerdConfig(options: {
  services: readonly Capnp[];
  sockets: readonly WorkerdSocket[];
}): string {
  const sockets = options.sockets.map(({ name, address, service, http = struct({}) }) =>
    struct({ name: quoted(name), address: quoted(address), http, service: quoted(service) }),
  );
  const config = struct({ services: list(options.services), sockets: list(sockets) });
  return `using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = ${config.text};\n`;
}
