import type { LifecycleRule } from '../account/schemas.ts';

/** What Cloudflare keeps of one account, as far as the model goes. */
export interface AccountState {
  queues: QueueState[];
  buckets: Map<string, BucketState>;
  scripts: Map<string, ScriptState>;
  domains: { id: string; hostname: string; service: string; zone_id: string; zone_name: string }[];
  zones: { id: string; name: string }[];
  subdomain: string | null;
  /** For ids, and nothing else. */
  counter: number;
}

interface QueueState {
  queue_id: string;
  queue_name: string;
  settings: { delivery_delay: number; delivery_paused: boolean; message_retention_period: number };
  consumers: { consumer_id: string; [field: string]: unknown }[];
}

interface BucketState {
  name: string;
  location: string;
  jurisdiction: string;
  cors: unknown[] | null;
  lifecycle: LifecycleRule[];
}

export interface ScriptState {
  versions: VersionState[];
  /** Newest first, as the API lists them. */
  deployments: { id: string; version_id: string; message: string | undefined; created_on: string }[];
  schedules: string[];
  workersDev: boolean;
}

export interface VersionState {
  id: string;
  tag: string | undefined;
  message: string | undefined;
  /** The metadata of its upload: bindings, placement, assets. */
  metadata: Record<string, unknown>;
  secrets: Record<string, string>;
}

export function emptyAccount(): AccountState {
  return {
    queues: [],
    buckets: new Map(),
    scripts: new Map(),
    domains: [],
    zones: [{ id: 'zone1', name: 'example.com' }],
    subdomain: 'films',
    counter: 0,
  };
}

export function newId(state: AccountState): string {
  state.counter += 1;
  return state.counter.toString(16).padStart(32, '0');
}

/** What a new bucket has in its lifecycle before anybody asks. */
export const defaultLifecycle: LifecycleRule = {
  id: 'Default Multipart Abort Rule',
  enabled: true,
  conditions: { prefix: '' },
  abortMultipartUploadsTransition: { condition: { type: 'Age', maxAge: 604_800 } },
};

/** The version that answers everything. */
export function activeVersion(script: ScriptState | undefined): VersionState | undefined {
  return script?.versions.find(({ id }) => id === script.deployments[0]?.version_id);
}

/** Adds a version as an upload does, with the secrets of the newest one before it. Nothing asks it yet. */
export function addVersion(
  state: AccountState,
  script: ScriptState,
  version: Omit<VersionState, 'id'>,
): VersionState {
  const secrets = { ...script.versions[0]?.secrets, ...version.secrets };
  const added = { ...version, id: newId(state), secrets };
  script.versions.unshift(added);
  return added;
}

/** Lets a version answer everything. */
export function deployVersion(
  state: AccountState,
  script: ScriptState,
  versionId: string,
  message: string | undefined,
) {
  const deployment = {
    ...{ id: newId(state), version_id: versionId, message },
    created_on: '2026-11-22T12:00:00Z',
  };
  script.deployments.unshift(deployment);
  return deployment;
}
