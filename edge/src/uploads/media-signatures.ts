/**
 * How files begin that may hold film or sound. Wider than what the fleet reads: a file of another container is worth a
 * job that says so. Still pictures are not on it.
 */
export interface MediaSignature {
  container: string;
  /** Where the bytes stand. */
  at: number;
  /** In hex; a `?` stands for any digit. */
  bytes: string;
}

const hexOf = (text: string) =>
  Array.from(text, (c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
const any = (bytes: number) => '??'.repeat(bytes);

const MOV_BOXES = ['ftyp', 'moov', 'mdat', 'moof', 'styp', 'sidx', 'wide', 'free', 'skip', 'pnot'];

export const MEDIA_SIGNATURES: readonly MediaSignature[] = [
  ...MOV_BOXES.map((box) => ({ container: 'mov', at: 4, bytes: hexOf(box) })),
  { container: 'matroska', at: 0, bytes: '1a45dfa3' },
  { container: 'avi', at: 0, bytes: hexOf('RIFF') + any(4) + hexOf('AVI ') },
  { container: 'wav', at: 0, bytes: hexOf('RIFF') + any(4) + hexOf('WAVE') },
  { container: 'wav', at: 0, bytes: hexOf('RF64') + any(4) + hexOf('WAVE') },
  { container: 'mpeg', at: 0, bytes: '000001ba' },
  { container: 'mpegvideo', at: 0, bytes: '000001b3' },
  { container: 'm4v', at: 0, bytes: '000001b0' },
  { container: 'm4v', at: 0, bytes: '000001b5' },
  { container: 'm4v', at: 0, bytes: '00000120' },
  { container: 'flv', at: 0, bytes: hexOf('FLV') },
  { container: 'ogg', at: 0, bytes: hexOf('OggS') },
  { container: 'ivf', at: 0, bytes: hexOf('DKIF') },
  { container: 'asf', at: 0, bytes: '3026b2758e66cf11' },
  { container: 'mxf', at: 0, bytes: '060e2b34' },
  { container: 'flac', at: 0, bytes: hexOf('fLaC') },
  { container: 'ac3', at: 0, bytes: '0b77' },
  { container: 'mp3', at: 0, bytes: hexOf('ID3') },
  // Frame headers: MPEG 1, 2 and 2.5, layers III and II, with checksum or without.
  ...['fb', 'fa', 'f3', 'f2', 'e3', 'e2', 'fd', 'fc', 'f5', 'f4'].map((second) => ({
    container: 'mp3',
    at: 0,
    bytes: `ff${second}`,
  })),
  // ADTS: MPEG-4 and MPEG-2.
  ...['f0', 'f1', 'f8', 'f9'].map((second) => ({ container: 'aac', at: 0, bytes: `ff${second}` })),
  // Annex B, behind a start code of three bytes or four: H.264 SPS, delimiter, SEI, slices; H.265 VPS, SPS, the same.
  ...['?7', '09', '06', '?5', '?1', '40', '42', '46', '4e', '26', '28', '02'].flatMap((unit) => [
    { container: 'annex-b', at: 0, bytes: `000001${unit}` },
    { container: 'annex-b', at: 0, bytes: `00000001${unit}` },
  ]),
];

/** MPEG-TS has no magic number, but a sync byte at the start of every packet: plain, with timestamps, with FEC. */
export const TS_SYNC = 0x47;
export const TS_PACKET_BYTES = [188, 192, 204] as const;
