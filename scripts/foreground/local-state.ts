import { join } from 'node:path';
import { repositoryRoot } from '../../deploy/local/stack/repository-root.ts';
import { stateDirAt } from '../../deploy/local/stack/state-dir.ts';

/** Where `npm run dev` and `npm run demo` keep the stack of this checkout. */
export const localState = stateDirAt(join(repositoryRoot, '.local'));
