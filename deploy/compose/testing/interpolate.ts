export type Variables = Readonly<Record<string, string>>;

/** What follows the operator may hold one reference more. */
const REFERENCE = /\$(?:(\$)|\{(\w+)(?:(:?[?-])((?:[^{}]|\{[^{}]*\})*))?\})/g;

/** What Compose makes of `${NAME}`, `${NAME-or}`, `${NAME:-${OTHER}}`, `${NAME:?or an error}` and `$$`, in every text. */
export function interpolate(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return interpolateText(value, variables);
  if (Array.isArray(value)) return value.map((item) => interpolate(item, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolate(item, variables)]));
}

function interpolateText(text: string, variables: Variables): string {
  return text.replace(REFERENCE, (_match, dollar?: string, name = '', operator = '', rest = '') => {
    if (dollar !== undefined) return '$';
    const value = variables[name];
    const isMissing = value === undefined || (operator.startsWith(':') && value === '');
    if (!isMissing) return value;
    if (operator.endsWith('?')) throw new Error(`required variable ${name} is missing a value: ${rest}`);
    return interpolateText(rest, variables);
  });
}

/** The names of all variables that a document refers to. */
export function referencedVariables(text: string): string[] {
  const names = [...text.matchAll(REFERENCE)].flatMap(([, , name, , rest]) =>
    name === undefined ? [] : [name, ...referencedVariables(rest ?? '')],
  );
  return [...new Set(names)].sort();
}
