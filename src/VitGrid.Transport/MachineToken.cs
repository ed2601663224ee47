namespace VitGrid.Transport;

/// <summary>
/// Names this boot of this machine as its processes see its files: two processes with equal tokens can open each other's
/// Unix sockets. Containers of one machine have different tokens, since the same path means different files.
/// </summary>
public static class MachineToken
{
    /// <summary>This process's token.</summary>
    public static string Current { get; } = string.Join('/',
        Read("/etc/machine-id") ?? Environment.MachineName, Read("/proc/sys/kernel/random/boot_id"), MountNamespace());

    private static string? Read(string file) => File.Exists(file) ? File.ReadAllText(file).Trim() : null;

    private static string? MountNamespace() => OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/mnt").LinkTarget : null;
}
