import path from 'node:path';

/** The checkout this file is in. */
export const repositoryRoot = path.resolve(import.meta.dirname, '../../..');
