import { fromJsonString, toBinary, toJsonString } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt';
import type { Interceptor, UnaryRequest } from '@connectrpc/connect';
import type { KeyedRequest, StoredAnswer } from '../idempotency/claim-key.ts';
import { fingerprint } from '../idempotency/fingerprint.ts';
import { erased, keptRefusal, refusalIn } from '../idempotency/kept-refusal.ts';
import { readKey } from '../idempotency/read-key.ts';
import { settleAnswer } from '../idempotency/settle-answer.ts';
import { keepNoAnswer } from '../idempotency/settle-key.ts';
import { type KeyedRun, takeUp } from '../idempotency/take-up.ts';
import { Refusal } from '../refusal.ts';
import { admissionOf, surroundings, surroundingsOf } from './call.ts';

/** As REST does with `Idempotency-Key`: the same call again gets the first answer, for 24 hours. */
export const replayRepeated: Interceptor = (next) => async (request) => {
  const given = request.header.get('idempotency-key');
  if (given === null || request.stream || request.method.idempotency === Level.NO_SIDE_EFFECTS) {
    return next(request);
  }
  const around = surroundingsOf({ values: request.contextValues });
  const { caller, header, trailer } = admissionOf({ values: request.contextValues });
  const { projectId, actor } = caller;
  const keyed = { projectId, key: readKey(given), fingerprint: await fingerprintOf(request, actor) };
  const taken = await takeUp(around.ctx, keyed);
  if ('stored' in taken) {
    header.set('idempotency-replayed', 'true');
    const refusal = refusalIn(taken.stored);
    if (refusal) throw refusal;
    const message = fromJsonString(request.method.output, taken.stored.body);
    return { stream: false, service: request.service, method: request.method, header, trailer, message };
  }
  const { run } = taken;
  request.contextValues.set(surroundings, { ...around, ctx: run.ctx });
  const answer = await next(request).catch(async (error: unknown) => {
    if (error instanceof Refusal) await settle(run, keyed, keptRefusal(error));
    else await keepNoAnswer(run.ctx, keyed);
    throw error;
  });
  if (!answer.stream) {
    const body = toJsonString(request.method.output, answer.message);
    await settle(run, keyed, { status: 200, headers: {}, body });
  }
  return answer;
};

function fingerprintOf({ method, message }: UnaryRequest, actor: string): Promise<string> {
  const operation = `${method.parent.typeName}/${method.name}`;
  return fingerprint({ operation, actor, body: toBinary(method.input, message) });
}

/** Answers name all they tell of: what the request names adds nothing. */
function settle(run: KeyedRun, keyed: KeyedRequest, answer: StoredAnswer): Promise<void> {
  const { code, message } = erased('job_not_found');
  return settleAnswer(run, keyed, { ...answer, asked: '', erasedEntry: { error: { code, message } } });
}
