import type { DescFile } from '@bufbuild/protobuf';
import { Code, type ConnectRouter } from '@connectrpc/connect';
import { ServerReflection } from '@millrace/shared/rpc/gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '@millrace/shared/rpc/gen/grpc/reflection/v1alpha/reflection_pb.js';
import { createFileIndex, descriptorsOf, type FileIndex } from './file-index.ts';

/** What a client asks. Both versions of the service say it in the same words. */
type Question =
  | {
      case: 'fileByFilename' | 'fileContainingSymbol' | 'allExtensionNumbersOfType' | 'listServices';
      value: string;
    }
  | { case: 'fileContainingExtension'; value: { containingType: string } }
  | { case: undefined };

/** Server reflection: what `files` and the two reflection services hold, for tools that come without our .proto files. */
export function serveReflection(router: ConnectRouter, files: readonly DescFile[]): void {
  const index = createFileIndex([...files, ServerReflection.file, ServerReflectionAlpha.file]);

  router.service(ServerReflection, {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        yield {
          validHost: request.host,
          originalRequest: request,
          messageResponse: answer(index, request.messageRequest),
        };
      }
    },
  });
  router.service(ServerReflectionAlpha, {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        yield {
          validHost: request.host,
          originalRequest: request,
          messageResponse: answer(index, request.messageRequest),
        };
      }
    },
  });
}

function answer(index: FileIndex, question: Question) {
  switch (question.case) {
    case 'listServices':
      return {
        case: 'listServicesResponse' as const,
        value: { service: index.services.map((name) => ({ name })) },
      };
    case 'fileByFilename':
      return fileAnswer(index.byName(question.value), question.value);
    case 'fileContainingSymbol':
      return fileAnswer(index.bySymbol(question.value), question.value);
    case 'allExtensionNumbersOfType':
      return index.isMessage(question.value)
        ? {
            case: 'allExtensionNumbersResponse' as const,
            value: { baseTypeName: question.value, extensionNumber: [] },
          }
        : refusal(Code.NotFound, `there is no ${question.value}`);
    case 'fileContainingExtension':
      return refusal(Code.NotFound, `there are no extensions of ${question.value.containingType}`);
    case undefined:
      return refusal(Code.InvalidArgument, 'the request asks nothing');
    default:
      return question satisfies never;
  }
}

function fileAnswer(file: DescFile | undefined, name: string) {
  if (!file) return refusal(Code.NotFound, `there is no ${name}`);
  return { case: 'fileDescriptorResponse' as const, value: { fileDescriptorProto: descriptorsOf(file) } };
}

function refusal(errorCode: Code, errorMessage: string) {
  return { case: 'errorResponse' as const, value: { errorCode, errorMessage } };
}
