import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { type ChannelCredentials, Client, credentials, Metadata } from '@grpc/grpc-js';

export interface CallOptions {
  metadata?: Record<string, string>;
  deadlineMs?: number;
  signal?: AbortSignal;
}

export interface GrpcAnswer<T> {
  message: T;
  /** What came before the message. */
  headers: Metadata;
  trailers: Metadata;
}

/** A client of @grpc/grpc-js, which shares no code with our server but the messages. Failed calls reject with its `ServiceError`. */
export interface GrpcClient {
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input?: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<GrpcAnswer<MessageShape<O>>>;
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    input?: MessageInitShape<I>,
    options?: CallOptions,
  ): AsyncIterable<MessageShape<O>>;
  /** Sends all inputs, and gives all that is answered. */
  exchange<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    inputs: MessageInitShape<I>[],
  ): Promise<MessageShape<O>[]>;
  close(): void;
}

/** `address` is `host:port`. In plain text unless credentials are given. */
export function createGrpcClient(
  address: string,
  channelCredentials: ChannelCredentials = credentials.createInsecure(),
): GrpcClient {
  // Each client has a connection of its own, as programs on several machines would.
  const client = new Client(address, channelCredentials, { 'grpc.use_local_subchannel_pool': 1 });
  return {
    call: (method, input, options = {}) =>
      new Promise((resolve, reject) => {
        let headers = new Metadata();
        let trailers = new Metadata();
        let message: MessageShape<typeof method.output> | undefined;
        const call = client.makeUnaryRequest(
          pathOf(method),
          encoder(method.input),
          decoder(method.output),
          create(method.input, input),
          metadataOf(options),
          callOptionsOf(options),
          (error, value) => {
            if (error) reject(error);
            else message = value;
          },
        );
        options.signal?.addEventListener('abort', () => call.cancel(), { once: true });
        call.on('metadata', (metadata: Metadata) => {
          headers = metadata;
        });
        call.on('status', (status) => {
          trailers = status.metadata;
          if (message !== undefined) resolve({ message, headers, trailers });
        });
      }),
    async *stream(method, input, options = {}) {
      const call = client.makeServerStreamRequest(
        pathOf(method),
        encoder(method.input),
        decoder(method.output),
        create(method.input, input),
        metadataOf(options),
        callOptionsOf(options),
      );
      options.signal?.addEventListener('abort', () => call.cancel(), { once: true });
      try {
        yield* call;
      } finally {
        call.cancel();
      }
    },
    async exchange(method, inputs) {
      const call = client.makeBidiStreamRequest(
        pathOf(method),
        encoder(method.input),
        decoder(method.output),
      );
      for (const input of inputs) call.write(create(method.input, input));
      call.end();
      return await call.toArray();
    },
    close: () => client.close(),
  };
}

function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function encoder<T extends DescMessage>(schema: T) {
  return (message: MessageShape<T>) => Buffer.from(toBinary(schema, message));
}

function decoder<T extends DescMessage>(schema: T) {
  return (bytes: Buffer) => fromBinary(schema, bytes);
}

function metadataOf(options: CallOptions): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(options.metadata ?? {})) metadata.set(name, value);
  return metadata;
}

function callOptionsOf({ deadlineMs }: CallOptions) {
  return deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
}
