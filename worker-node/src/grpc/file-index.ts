import { type DescFile, toBinary } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/** Looks descriptors up by what reflection clients name. */
export interface FileIndex {
  services: readonly string[];
  byName(file: string): DescFile | undefined;
  /** By the full name of a message, enum, service, method or field. */
  bySymbol(symbol: string): DescFile | undefined;
  isMessage(typeName: string): boolean;
}

export function createFileIndex(roots: readonly DescFile[]): FileIndex {
  const files = withDependencies(roots);
  const messages = new Set<string>();
  const symbols = new Map<string, DescFile>();
  for (const file of files) {
    for (const type of nestedTypes(file)) {
      symbols.set(type.typeName, file);
      if (type.kind === 'message') messages.add(type.typeName);
      const members = type.kind === 'service' ? type.methods : type.kind === 'message' ? type.fields : [];
      for (const member of members) symbols.set(`${type.typeName}.${member.name}`, file);
    }
  }
  const names = new Map(files.map((file) => [file.proto.name, file]));
  return {
    services: roots.flatMap((file) => file.services.map((service) => service.typeName)).sort(),
    byName: (name) => names.get(name),
    bySymbol: (symbol) => symbols.get(symbol),
    isMessage: (typeName) => messages.has(typeName),
  };
}

/** The file and all it imports, as reflection sends them. */
export function descriptorsOf(file: DescFile): Uint8Array[] {
  return withDependencies([file]).map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
}

function withDependencies(roots: readonly DescFile[]): DescFile[] {
  const found = new Set(roots);
  // A set's iteration also visits what is added on the way.
  for (const file of found) for (const needed of file.dependencies) found.add(needed);
  return [...found];
}
