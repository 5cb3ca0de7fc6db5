const KEPT = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'FONTCONFIG_FILE', 'TMPDIR', 'SystemRoot'];

/** The environment that programs which parse hostile files get: enough to start, and none of our tokens. */
export function childEnvironment(env: Record<string, string | undefined>): Record<string, string> {
  const kept: Record<string, string> = { LC_ALL: 'C', AV_LOG_FORCE_NOCOLOR: '1' };
  for (const name of KEPT) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
