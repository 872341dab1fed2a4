using Exeunt.Protocol.Ids;
using Npgsql;
using NpgsqlTypes;

namespace Exeunt.Postgres.Server;

/// <summary>Adds statements to a batch. Values are added in the order of <c>$1</c>, <c>$2</c> …; columns of many rows travel as arrays.</summary>
internal static class Commands
{
    private const NpgsqlDbType Array = NpgsqlDbType.Array;

    extension(NpgsqlBatch batch)
    {
        public NpgsqlBatchCommand Sql(string sql)
        {
            var command = new NpgsqlBatchCommand(sql);
            batch.BatchCommands.Add(command);
            return command;
        }

        /// <summary>
        /// For the rest of the transaction, rows are found by index, with one plan for all values, as on the connection that writes. Adds one result, to be
        /// skipped.
        /// </summary>
        public void UseIndexes() =>
            batch.Sql("select set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)");
    }

    extension(NpgsqlBatchCommand command)
    {
        public NpgsqlBatchCommand Set(long value) => command.Add(value, NpgsqlDbType.Bigint);

        public NpgsqlBatchCommand Set(DateTimeOffset time) => command.Set(time.ToUnixTimeMilliseconds());

        public NpgsqlBatchCommand Set(string? text) => command.Add(text is null ? null : StoredText.Write(text), NpgsqlDbType.Text);

        public NpgsqlBatchCommand Set(Guid value) => command.Add(value, NpgsqlDbType.Uuid);

        public NpgsqlBatchCommand Set(byte[] bytes) => command.Add(bytes, NpgsqlDbType.Bytea);

        public NpgsqlBatchCommand Set<T>(T id)
            where T : struct, IId<T> => command.Add(StoredId.Write(id), NpgsqlDbType.Uuid);

        public NpgsqlBatchCommand IdOrNull<T>(T? id)
            where T : struct, IId<T> => command.Add(id is { } some ? StoredId.Write(some) : null, NpgsqlDbType.Uuid);

        public NpgsqlBatchCommand LongOrNull(long? value) => command.Add(value, NpgsqlDbType.Bigint);

        public NpgsqlBatchCommand Longs(IEnumerable<long?> values) => command.Add(values.ToArray(), Array | NpgsqlDbType.Bigint);

        public NpgsqlBatchCommand Times(IEnumerable<DateTimeOffset?> times) => command.Longs(times.Select(time => time?.ToUnixTimeMilliseconds()));

        public NpgsqlBatchCommand Flags(IEnumerable<bool> values) => command.Add(values.ToArray(), Array | NpgsqlDbType.Boolean);

        public NpgsqlBatchCommand Texts(IEnumerable<string?> texts) =>
            command.Add(texts.Select(text => text is null ? null : StoredText.Write(text)).ToArray(), Array | NpgsqlDbType.Text);

        public NpgsqlBatchCommand Blobs(IEnumerable<byte[]?> values) => command.Add(values.ToArray(), Array | NpgsqlDbType.Bytea);

        public NpgsqlBatchCommand Ids<T>(IEnumerable<T> ids)
            where T : struct, IId<T> => command.Add(ids.Select(StoredId.Write).ToArray(), Array | NpgsqlDbType.Uuid);

        public NpgsqlBatchCommand IdsOrNulls<T>(IEnumerable<T?> ids)
            where T : struct, IId<T> => command.Add(ids.Select(id => id is { } some ? StoredId.Write(some) : (Guid?)null).ToArray(), Array | NpgsqlDbType.Uuid);

        private NpgsqlBatchCommand Add(object? value, NpgsqlDbType type)
        {
            command.Parameters.Add(new() { Value = value ?? DBNull.Value, NpgsqlDbType = type });
            return command;
        }
    }
}
