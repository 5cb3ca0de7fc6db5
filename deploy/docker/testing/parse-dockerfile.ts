export interface Instruction {
  name: string;
  text: string;
}

export interface Stage {
  from: string;
  as: string | undefined;
  instructions: Instruction[];
}

export interface Dockerfile {
  /** Those before the first FROM, with their defaults. */
  args: Readonly<Record<string, string>>;
  stages: Stage[];
}

/** What a Dockerfile says, without comments and with its lines joined. */
export function parseDockerfile(text: string): Dockerfile {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const args: Record<string, string> = {};
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    const stage = stages.at(-1);
    if (name === 'FROM') {
      const [, from = '', as] = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(rest) ?? [];
      stages.push({ from, as, instructions: [] });
    } else if (stage !== undefined) {
      stage.instructions.push({ name, text: rest });
    } else {
      const [, arg = '', value = ''] = /^(\w+)=(.*)$/.exec(rest) ?? [];
      args[arg] = value;
    }
  }
  return { args, stages };
}
