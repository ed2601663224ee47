using Orleans.Serialization;
using Orleans.Serialization.Session;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>Writes and reads the headers of frames, in Orleans' format, which tolerates fields it does not know. Thread-safe.</summary>
internal sealed class FrameSerializer(Serializer serializer)
{
    /// <summary>A header's bytes.</summary>
    public byte[] Write<T>(T header) => serializer.SerializeToArray(header);

    /// <summary>The header of a frame.</summary>
    /// <exception cref="InvalidDataException">It is not a <typeparamref name="T"/>.</exception>
    public T Read<T>(Frame frame)
    {
        try
        {
            using (SerializerSession session = serializer.SessionPool.GetSession())
                FieldDepth.Check(frame.Head, session);
            return serializer.Deserialize<T>(frame.Head) ?? throw Unreadable(frame, typeof(T).Name);
        }
        catch (Exception exception) when (exception is not InvalidDataException)
        {
            throw new InvalidDataException($"a frame of kind {frame.Kind} has a head that is no {typeof(T).Name}", exception);
        }
    }

    /// <summary>The body of a frame that must have one; the caller's to dispose.</summary>
    /// <exception cref="InvalidDataException">It has none.</exception>
    public static NativeBuffer Body(Frame frame) => frame.Body ?? throw Unreadable(frame, "body");

    private static InvalidDataException Unreadable(Frame frame, string what) => new($"a frame of kind {frame.Kind} has no {what}");
}
