using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>
/// A plug-in's library in this process. It is registered with ONNX Runtime when it is first needed and released when nothing of it is used
/// any more: ONNX Runtime wants both once, and no session of it at the end. Thread-safe.
/// </summary>
internal sealed class PluginLibrary
{
    // ONNX Runtime's environment is the process's, and so is what is registered in it.
    private static readonly ConcurrentDictionary<string, PluginLibrary> Known = new(StringComparer.Ordinal);

    /// <summary>Where ONNX Runtime says of a device which library brought it.</summary>
    private const string LibraryPath = "library_path";

    private readonly Lock _registering = new();
    private readonly string _path;
    private readonly string _name;
    private int _uses;
    private IReadOnlyList<OrtEpDevice> _devices = [];

    private PluginLibrary(string name, string path) => (_name, _path) = (name, path);

    /// <summary>The library of a plug-in, by its path: two plug-ins may be devices of one library.</summary>
    public static PluginLibrary Of(PluginProvider provider)
    {
        string path = Path.GetFullPath(provider.Library);
        return Known.GetOrAdd(path, path => new(provider.Name, path));
    }

    /// <summary>Whether it is registered now.</summary>
    public bool IsRegistered
    {
        get
        {
            lock (_registering)
                return _uses > 0;
        }
    }

    /// <summary>Registers it where nobody has; it stays until the use and all it was retained for are disposed.</summary>
    /// <exception cref="PluginException">It is not there, no plug-in, of another version, or refuses.</exception>
    public PluginUse Use()
    {
        lock (_registering)
        {
            if (_uses == 0)
                _devices = Register();
            _uses++;
            return new(this, _devices);
        }
    }

    /// <summary>Counts one more use of a library that is in use.</summary>
    internal void Retain()
    {
        lock (_registering)
            _uses++;
    }

    /// <summary>Gives up a use; after the last nothing of the library may be in memory.</summary>
    internal void Release()
    {
        lock (_registering)
        {
            if (--_uses > 0)
                return;
            _devices = [];
            OrtEnv.Instance().UnregisterExecutionProviderLibrary(_name);
        }
    }

    private OrtEpDevice[] Register()
    {
        if (!File.Exists(_path))
            throw new PluginException(new(
                $"its library {_path} is not there", "install it, or name the file where it lies (docs/accelerators.md)"));
        OrtEnv environment = OrtEnv.Instance();
        try
        {
            environment.RegisterExecutionProviderLibrary(_name, _path);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new PluginException(PluginFaults.FromText(_path, exception.Message, OnnxRuntimeLibrary.Version));
        }
        return [.. environment.GetEpDevices().Where(IsOurs)];
    }

    private bool IsOurs(OrtEpDevice device) =>
        device.EpMetadata.Entries.TryGetValue(LibraryPath, out string? path) && path == _path;
}

/// <summary>A use of a registered library. Disposed once, and what is retained from it once each, in any order.</summary>
internal sealed class PluginUse(PluginLibrary library, IReadOnlyList<OrtEpDevice> devices) : IDisposable
{
    private int _disposed;

    /// <summary>What the library brings.</summary>
    public IReadOnlyList<OrtEpDevice> Devices => devices;

    /// <summary>A use of its own for what may outlive this one.</summary>
    public PluginUse Retain()
    {
        library.Retain();
        return new(library, devices);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            library.Release();
    }
}

/// <summary>A plug-in cannot be used.</summary>
internal sealed class PluginException(DeviceFault fault) : Exception(fault.ToString())
{
    /// <summary>Why, and what to do.</summary>
    public DeviceFault Fault => fault;
}
