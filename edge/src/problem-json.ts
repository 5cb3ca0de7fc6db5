import { type InputIssue, REFUSALS, type Refusal, type RefusalCode } from './refusal.ts';

/** RFC 9457. */
export interface ProblemJson {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: RefusalCode;
  errors?: InputIssue[];
}

/** A refusal as a problem document. */
export function problemJson(refusal: Refusal): ProblemJson {
  const { status, title } = REFUSALS[refusal.code];
  return {
    type: `urn:millrace:problem:${refusal.code}`,
    title,
    status,
    detail: refusal.message,
    code: refusal.code,
    ...(refusal.issues.length > 0 ? { errors: refusal.issues } : {}),
  };
}
