/** A value in the text form of Cap'n Proto. */
export type Capnp = { readonly text: string };

/** Source that needs no quoting: names, numbers, structures already written. */
export function raw(text: string): Capnp {
  return { text };
}

export function quoted(value: string): Capnp {
  return raw(JSON.stringify(value));
}

/** A file whose content becomes the value. The path is absolute: workerd is told that imports begin at `/`. */
export function embedded(file: string): Capnp {
  return raw(`embed ${JSON.stringify(file)}`);
}

export function list(items: readonly Capnp[]): Capnp {
  return raw(`[${items.map(({ text }) => text).join(', ')}]`);
}

/** Fields that are undefined are left out. */
export function struct(fields: Readonly<Record<string, Capnp | undefined>>): Capnp {
  const written = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} = ${value.text}`],
  );
  return raw(`(${written.join(', ')})`);
}
