import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/*
 * Puts everything that browsers load into `edge/assets/`, the Worker's static assets: what the documentation pages need
 * comes from packages, so that no page names another host. Plain JavaScript, so that `wrangler deploy` may run it with
 * any Node that runs wrangler.
 */

const require = createRequire(import.meta.url);
const here = import.meta.dirname;
const assets = path.join(here, 'assets');

/** Brings `edge/assets/` up to date. Files that are right are left alone, so that several may do it at once. */
export async function collectAssets() {
  const swaggerUi = path.dirname(require.resolve('swagger-ui-dist/package.json'));
  const graphiql = await graphiqlFiles();
  const files = [
    ...[
      'swagger-ui.css',
      'swagger-ui-bundle.js',
      'swagger-ui-bundle.js.LICENSE.txt',
      'LICENSE',
      'NOTICE',
    ].map((name) => ({ to: `static/swagger-ui/${name}`, from: path.join(swaggerUi, name) })),
    { to: 'static/swagger-ui/favicon.png', from: path.join(swaggerUi, 'favicon-32x32.png') },
    ...['swagger-ui/start.js', 'swagger-ui/page.css', 'graphiql/start.js', 'graphiql/page.css'].map(
      (name) => ({
        to: `static/${name}`,
        from: path.join(here, 'pages', name),
      }),
    ),
    ...graphiql,
  ];
  await Promise.all(files.map(bringUpToDate));
}

/** The package keeps the files as strings in one module, made for pages that hold everything themselves. */
async function graphiqlFiles() {
  const folder = path.dirname(require.resolve('@graphql-yoga/render-graphiql'));
  const packed = require(path.join(folder, 'graphiql.js'));
  return [
    { to: 'static/graphiql/graphiql.js', text: packed.js },
    { to: 'static/graphiql/graphiql.css', text: packed.css },
    { to: 'static/graphiql/editor-worker.js', text: packed.editorWorkerService },
    { to: 'static/graphiql/json-worker.js', text: packed.jsonWorker },
    { to: 'static/graphiql/graphql-worker.js', text: packed.graphqlWorker },
    { to: 'static/graphiql/LICENSE', from: path.join(folder, '../LICENSE') },
  ];
}

/** @param {{ to: string, from?: string, text?: string }} file */
async function bringUpToDate({ to, from, text }) {
  const target = path.join(assets, to);
  const wanted = from === undefined ? Buffer.from(text ?? '') : await readFile(from);
  const found = await readFile(target).catch(() => undefined);
  if (found?.equals(wanted)) return;
  await mkdir(path.dirname(target), { recursive: true });
  // Whole or not at all: a server may be reading the folder.
  const fresh = path.join(assets, '..', `.assets-${process.pid}-${to.replaceAll('/', '-')}`);
  await (from === undefined ? writeFile(fresh, wanted) : copyFile(from, fresh));
  await rename(fresh, target);
}

if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url) {
  await collectAssets();
  console.log(
    `The assets are in ${path.relative(process.cwd(), fileURLToPath(new URL('assets', import.meta.url)))}`,
  );
}
