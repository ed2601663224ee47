namespace VitGrid.Cluster.Planning;

/// <summary>A device and what the plan under construction has put on it.</summary>
/// <param name="device">The device.</param>
/// <param name="order">Its place in the order of machine, node and name, which decides between equals.</param>
/// <param name="wholeModels">How many models it could hold whole.</param>
internal sealed class DeviceSlot(GridDevice device, int order, int wholeModels)
{
    private readonly HashSet<string> _models = [];

    public GridDevice Device => device;

    public int Order => order;

    public int WholeModels => wholeModels;

    /// <summary>Bytes left; null: not bounded.</summary>
    public long? Free { get; private set; } = device.MemoryBytes;

    /// <summary>Models with segments here.</summary>
    public int Models => _models.Count;

    /// <summary>Whether a replica of <paramref name="model"/> may be put here; one a device.</summary>
    public bool IsOpenTo(string model) => device.MayServe(model) && !_models.Contains(model);

    /// <summary>FLOP/s for each model if one more came.</summary>
    public double SpeedForOneMore => device.Speed / (_models.Count + 1);

    public void Add(string model, long bytes)
    {
        _models.Add(model);
        Free -= bytes;
    }

    public void Remove(string model, long bytes)
    {
        _models.Remove(model);
        Free += bytes;
    }
}
