import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type CreateUploadResponse,
  CreateUploadResponseSchema,
  type Upload,
  UploadMethod,
  UploadSchema,
  UploadStatus as WireStatus,
} from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { z } from 'zod';
import type { MultipartUpload } from '../uploads/create-multipart.ts';
import type { SingleUpload } from '../uploads/create-single.ts';
import { isMultipart, UPLOAD_STATUSES, type UploadRow, type UploadStatus } from '../uploads/find-upload.ts';

const STATUSES: Record<UploadStatus, WireStatus> = {
  pending: WireStatus.PENDING,
  completed: WireStatus.COMPLETED,
  aborted: WireStatus.ABORTED,
  expired: WireStatus.EXPIRED,
};

export function uploadMessage(row: UploadRow): Upload {
  return create(UploadSchema, {
    id: row.id,
    status: STATUSES[z.enum(UPLOAD_STATUSES).parse(row.status)],
    method: isMultipart(row) ? UploadMethod.MULTIPART : UploadMethod.SINGLE,
    inputKey: row.objectKey,
    sizeBytes: BigInt(row.sizeBytes),
    createdAt: timestampFromDate(row.createdAt),
    expiresAt: timestampFromDate(row.expiresAt),
    ...(row.completedAt ? { completedAt: timestampFromDate(row.completedAt) } : {}),
  });
}

export function begunMessage(begun: SingleUpload | MultipartUpload): CreateUploadResponse {
  return create(CreateUploadResponseSchema, {
    uploadId: begun.uploadId,
    inputKey: begun.inputKey,
    expiresAt: timestampFromDate(begun.expiresAt),
    destination: destinationOf(begun),
  });
}

function destinationOf(begun: SingleUpload | MultipartUpload) {
  switch (begun.method) {
    case 'single': {
      const { url, headers } = begun.request;
      return { case: 'put' as const, value: { url, headers } };
    }
    case 'multipart': {
      const { partSizeBytes, partCount, parts } = begun;
      return { case: 'parts' as const, value: { partSizeBytes: BigInt(partSizeBytes), partCount, parts } };
    }
    default:
      return begun satisfies never;
  }
}
