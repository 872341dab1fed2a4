using System.Buffers.Binary;
using Exeunt.Protocol.Ids;

namespace Exeunt.Postgres.Server;

/// <summary>Ids as PostgreSQL's <c>uuid</c>, which compares byte by byte: its order is the order of creation.</summary>
internal static class StoredId
{
    public static Guid Write<T>(T id)
        where T : struct, IId<T>
    {
        Span<byte> bytes = stackalloc byte[Id.Bytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id.Value);
        return new(bytes, bigEndian: true);
    }

    public static T Read<T>(Guid stored)
        where T : struct, IId<T>
    {
        Span<byte> bytes = stackalloc byte[Id.Bytes];
        stored.TryWriteBytes(bytes, bigEndian: true, out _);
        return Id.FromBytes<T>(bytes);
    }
}
