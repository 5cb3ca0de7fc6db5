/**
 * The only place that builds an object key.
 *
 *   uploads/{project}/{upload}/{file name}        what clients upload
 *   objects/{project}/{task}/{attempt}/{name}     what an attempt writes; immutable
 *
 * Outputs do not lie under their job, since another job of the project may come to reuse them.
 */

/** Key of an upload. Characters that S3 signing or URLs treat specially are replaced; the end of the name is kept. */
export function uploadKey(projectId: string, uploadId: string, filename: string): string {
  const safe = filename
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(-100);
  return `uploads/${projectId}/${uploadId}/${safe || 'source'}`;
}

export function objectKey(projectId: string, taskId: string, attempt: number, name: string): string {
  return `${taskPrefix(projectId, taskId)}${attempt}/${name}`;
}

/** Everything that any attempt at the task wrote lies below this. */
export function taskPrefix(projectId: string, taskId: string): string {
  return `objects/${projectId}/${taskId}/`;
}

/** Everything of a project lies below these. */
export function projectPrefixes(projectId: string): string[] {
  return [`uploads/${projectId}/`, `objects/${projectId}/`];
}

/** Keys are made of these characters alone: all others break signing somewhere. */
export const KEY_PATTERN = /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*$/;
