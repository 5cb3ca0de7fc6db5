import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/*
 * `node complete-sbom.ts FILE`, in the last stage of an image: pnpm has listed the npm packages; this adds Node itself and
 * what the operating system brings, as far as it keeps Debian's list. Node and no package runs it.
 */

interface Component {
  type: 'library' | 'application' | 'operating-system';
  name: string;
  version: string;
  purl?: string;
  'bom-ref': string;
}

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: complete-sbom.ts FILE');

const bom = JSON.parse(readFileSync(file, 'utf8')) as { components: object[] };
bom.components.push(nodeItself(), ...debianPackages());
writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`);

function nodeItself(): Component {
  const version = process.versions.node;
  return {
    type: 'application',
    name: 'node',
    version,
    purl: `pkg:generic/node@${version}`,
    'bom-ref': 'node',
  };
}

function debianPackages(): Component[] {
  const status = '/var/lib/dpkg/status';
  if (!existsSync(status)) return [];
  return readFileSync(status, 'utf8')
    .split('\n\n')
    .filter((entry) => field(entry, 'Status') === 'install ok installed')
    .map((entry) => {
      const [name, version] = [field(entry, 'Package'), field(entry, 'Version')];
      const what = `${name}@${encodeURIComponent(version)}?arch=${field(entry, 'Architecture')}`;
      const purl = `pkg:deb/${distribution()}/${what}`;
      return { type: 'library', name, version, purl, 'bom-ref': purl };
    });
}

function field(entry: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(entry)?.[1] ?? '';
}

function distribution(): string {
  const release = readFileSync('/etc/os-release', 'utf8');
  return /^ID=(.*)$/m.exec(release)?.[1]?.replaceAll('"', '') ?? 'debian';
}
