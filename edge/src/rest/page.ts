export interface Page {
  title: string;
  /** Paths of static assets. The script that comes first is loaded first. */
  icon: string | null;
  stylesheets: string[];
  scripts: string[];
  /** `data-` attributes of the body, which the scripts read. */
  data?: Record<string, string>;
  /** What the page needs on top of its own origin. */
  policy: Record<string, string>;
}

/** An HTML page around scripts that draw it, and the headers that keep it from loading or sending anything else. */
export function pageResponse({ title, icon, stylesheets, scripts, data = {}, policy }: Page): Response {
  const attributes = Object.entries(data).map(([name, value]) => ` data-${name}="${value}"`);
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="${icon ?? 'data:,'}">
${stylesheets.map((source) => `<link rel="stylesheet" href="${source}">`).join('\n')}
${scripts.map((source) => `<script src="${source}" defer></script>`).join('\n')}
</head>
<body${attributes.join('')}>
<noscript>This page needs JavaScript.</noscript>
<div id="page"></div>
</body>
</html>
`;
  const directives: Record<string, string> = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self' data:",
    'connect-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    ...policy,
  };
  return new Response(body, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': Object.entries(directives)
        .map(([name, sources]) => `${name} ${sources}`)
        .join('; '),
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  });
}
