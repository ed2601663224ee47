using System.Collections.Concurrent;
using System.Diagnostics;

namespace VitGrid.Runtime.Images.Isolation;

/// <summary>
/// Reads requests on a thread of its own, so that the end of the pipe is seen while an image is being decoded: a parent that was killed
/// cannot end its children.
/// </summary>
internal sealed class DecodeQueue : IDisposable
{
    private readonly BlockingCollection<(DecodeRequest Request, byte[] File)> _requests = new(boundedCapacity: 1);

    /// <summary>Starts to read.</summary>
    public DecodeQueue(Stream requests) => new Thread(() => Read(requests)) { Name = "requests", IsBackground = true }.Start();

    /// <summary>Waits for the next request.</summary>
    public (DecodeRequest Request, byte[] File) Take() => _requests.Take();

    /// <inheritdoc/>
    public void Dispose() => _requests.Dispose();

    private void Read(Stream requests)
    {
        try
        {
            while (true)
            {
                DecodeRequest request = DecodeFrames.Read(requests, DecodeJson.Default.DecodeRequest);
                byte[] file = request.IsFileShared ? [] : new byte[request.FileBytes];
                requests.ReadExactly(file);
                _requests.Add((request, file));
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            // The parent is gone. Nothing is to be put in order, and a library amid a decode would only be in the way.
            using Process self = Process.GetCurrentProcess();
            self.Kill();
        }
    }
}
