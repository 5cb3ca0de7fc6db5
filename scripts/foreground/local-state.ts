import { join } from 'node:path';
import { repositoryRoot } from '../../deploy/local/stack/repository-root.ts';
import { stateDirAt } from '../../deploy/local/stack/state-dir.ts';

/** Where `npm run dev` and `npm run demo` keep the stack of this checkout, unless `STATE_DIR` says otherwise. */
export const localState = stateDirAt(process.env.STATE_DIR || join(repositoryRoot, '.local'));
