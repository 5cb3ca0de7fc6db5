import { objectKey } from '@millrace/shared/storage-keys.ts';
import { outputNames } from '@millrace/shared/task/outputs.ts';
import { assignmentOf } from '../../../edge/src/rpc/fleet-wire.ts';
import { inputsOf } from '../../../edge/src/rpc/sign-assignment.ts';
import type { ClaimedTask } from '../../../edge/src/tasks/claimed-task.ts';

/** A whole assignment, as fleet-service.ts makes it. */
export function signedAssignment(task: ClaimedTask) {
  return {
    ...assignmentOf(task),
    inputs: inputsOf(task).map(signed),
    outputs: signedOutputs(task, outputNames(task.spec)),
  };
}

/** A URL is the key it gives access to. */
export function signed({ name, key }: { name: string; key: string }) {
  return { name, method: 'GET', url: key, headers: {} };
}

export function signedOutputs(task: ClaimedTask, names: readonly string[]) {
  return names.map((name) => {
    const url = objectKey(task.project_id, task.id, task.attempt, name);
    return { name, method: 'PUT', url, headers: {} };
  });
}
