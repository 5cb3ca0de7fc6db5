import type { LogFields } from '@millrace/shared/log/log-fields.ts';
import type { Assignment } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { traceFields } from '@millrace/shared/trace/traceparent.ts';

/** What a log line says of an assignment. */
export function assignmentFields(assignment: Assignment): LogFields {
  const { taskId, attempt, jobId, projectId, requestId, traceparent } = assignment;
  return {
    ...{ project_id: projectId, job_id: jobId, task_id: taskId, attempt, request_id: requestId || undefined },
    ...traceFields(traceparent),
  };
}
