/** Commands as a shell takes them. */
export function printCommands(title: string, commands: readonly (readonly string[])[]): void {
  console.log(`\n# ${title}`);
  for (const command of commands) console.log(['ffmpeg', ...command].map(quoted).join(' '));
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
