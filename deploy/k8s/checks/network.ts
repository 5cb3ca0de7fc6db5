import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { idOf, type Manifest } from '../render/manifest.ts';
import { matches, type Pods } from './pods.ts';

const selector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(z.strictObject({ key: z.string(), operator: z.literal('In'), values: z.array(z.string()) }))
    .default([]),
});

const peer = z.strictObject({
  podSelector: selector.optional(),
  namespaceSelector: selector.optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});

const ports = z
  .array(z.strictObject({ port: z.union([z.number(), z.string()]), protocol: z.enum(['TCP', 'UDP']) }))
  .optional();

const policy = z.object({
  podSelector: selector,
  policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
  ingress: z.array(z.strictObject({ from: z.array(peer).optional(), ports })).default([]),
  egress: z.array(z.strictObject({ to: z.array(peer).optional(), ports })).default([]),
});

type Labels = Readonly<Record<string, string>>;

/** One end of a connection: a pod of ours, a pod of another namespace, or an address outside. */
export type End = { pods: Pods } | { namespace: string; labels?: Labels } | { address: string };

export interface Network {
  /** Whether the policies let `from` open a connection to a port of `to`: out of the one and into the other. */
  allows(from: End, to: End, port: number, protocol?: 'TCP' | 'UDP'): boolean;
}

/** What a cluster that enforces these network policies lets through. */
export function networkOf(manifests: readonly Manifest[]): Network {
  const policies = manifests
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map((manifest) => {
      const read = policy.safeParse(manifest.spec);
      if (!read.success) throw new Error(`${idOf(manifest)}: ${z.prettifyError(read.error)}`);
      return read.data;
    });

  function passes(
    side: 'Ingress' | 'Egress',
    own: End,
    other: End,
    to: End,
    port: number,
    protocol: string,
  ): boolean {
    if (!('pods' in own)) return true;
    const about = policies.filter(
      ({ podSelector, policyTypes }) => policyTypes.includes(side) && selects(podSelector, own.pods.labels),
    );
    if (about.length === 0) return true;
    const rules = about.flatMap(({ ingress, egress }) =>
      side === 'Ingress'
        ? ingress.map((rule) => ({ peers: rule.from, ports: rule.ports }))
        : egress.map((rule) => ({ peers: rule.to, ports: rule.ports })),
    );
    return rules.some(
      (rule) =>
        (rule.peers === undefined || rule.peers.some((candidate) => isPeer(candidate, other))) &&
        (rule.ports === undefined ||
          rule.ports.some((allowed) => allowed.protocol === protocol && numberOf(allowed.port, to) === port)),
    );
  }

  return {
    allows: (from, to, port, protocol = 'TCP') =>
      passes('Egress', from, to, to, port, protocol) && passes('Ingress', to, from, to, port, protocol),
  };
}

function isPeer({ podSelector, namespaceSelector, ipBlock }: z.output<typeof peer>, end: End): boolean {
  if ('address' in end) return ipBlock !== undefined && isInside(end.address, ipBlock);
  if (ipBlock !== undefined) return false;
  if ('pods' in end) return namespaceSelector === undefined && selects(podSelector, end.pods.labels);
  const namespaceLabels = { 'kubernetes.io/metadata.name': end.namespace };
  return (
    namespaceSelector !== undefined &&
    selects(namespaceSelector, namespaceLabels) &&
    (podSelector === undefined || selects(podSelector, end.labels ?? {}))
  );
}

function selects(wanted: z.output<typeof selector> | undefined, labels: Labels): boolean {
  if (wanted === undefined) return false;
  const expressions = wanted.matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''));
  return expressions && matches(wanted.matchLabels, labels);
}

/** A name is that of a port of the pod that is connected to. */
function numberOf(port: number | string, to: End): number | undefined {
  if (typeof port === 'number') return port;
  if (!('pods' in to)) return undefined;
  return to.pods.container.ports.find(({ name }) => name === port)?.containerPort;
}

function isInside(address: string, block: { cidr: string; except: readonly string[] }): boolean {
  return contains(block.cidr, address) && !block.except.some((cidr) => contains(cidr, address));
}

function contains(cidr: string, address: string): boolean {
  const [network = '', bits] = cidr.split('/');
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if ((isIP(address) === 6) !== (family === 'ipv6')) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(address, family);
}
