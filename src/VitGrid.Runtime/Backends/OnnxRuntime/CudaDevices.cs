namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>Reads the facts of CUDA devices.</summary>
internal static class CudaDevices
{
    /// <summary>
    /// FLOP a cycle and multiprocessor from a compute capability on: fp32, and 16-bit matrix arithmetic that adds up in fp32, dense. From
    /// NVIDIA's architecture white papers; GeForce cards from Ampere on do half of the latter.
    /// </summary>
    private static readonly (Version From, int Single, int SixteenBit)[] Rates =
    [
        (new(12, 0), 256, 1024), (new(10, 0), 256, 8192), (new(9, 0), 256, 4096), (new(8, 6), 256, 1024), (new(8, 0), 128, 2048),
        (new(7, 0), 128, 1024), (new(0, 0), 256, 256),
    ];

    private static readonly Version Ampere = new(8, 6);

    public static DeviceFacts[] ReadAll(CudaDriver driver, IExecutionBackend backend) =>
        [.. Enumerable.Range(0, driver.CountDevices()).Select(ordinal => Read(driver, new(backend, ordinal)))];

    private static DeviceFacts Read(CudaDriver driver, DeviceSpec device)
    {
        int ordinal = device.Ordinal;
        Version capability = new(
            driver.Attribute(ordinal, CudaAttribute.ComputeCapabilityMajor), driver.Attribute(
                ordinal, CudaAttribute.ComputeCapabilityMinor));
        int processors = driver.Attribute(ordinal, CudaAttribute.MultiprocessorCount);
        double cycles = driver.Attribute(ordinal, CudaAttribute.ClockRate) * 1e3 * processors;
        string name = driver.Name(ordinal);
        (_, int single, int sixteenBit) = Rates.First(rate => capability >= rate.From);
        bool halved = capability >= Ampere && name.Contains("GeForce", StringComparison.Ordinal);

        return new(device, name, driver.TotalMemory(ordinal), driver.FreeMemory(
            ordinal), capability, processors, cycles * single)
        {
            Units = "multiprocessors",
            SixteenBitSpeed = cycles * sixteenBit / (halved ? 2 : 1),
        };
    }
}
