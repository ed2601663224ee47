using System.Diagnostics;
using k8s;
using k8s.Models;
using VitGrid.Server.Tests.Verbs;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>Runs of deploy/init.sh, which needs a shell and openssl.</summary>
internal static class InitRun
{
    private static readonly Lazy<Dictionary<string, V1Secret>> Made = new(Read);

    /// <summary>The Secrets that a first run makes, by their names.</summary>
    public static IReadOnlyDictionary<string, V1Secret> Secrets => Made.Value;

    /// <summary>Runs it into a folder, as for the first time or again.</summary>
    /// <param name="folder">Where to.</param>
    public static void Into(string folder)
    {
        ProcessStartInfo start = new("sh", [DeployFiles.At("init.sh"), folder]) { RedirectStandardError = true };
        using Process run = Process.Start(start)!;
        string said = run.StandardError.ReadToEnd();
        run.WaitForExit();
        Assert.True(run.ExitCode == 0, said);
    }

    private static Dictionary<string, V1Secret> Read()
    {
        using TemporaryFolder folder = new();
        Into(folder.At("secrets"));
        return KubernetesYaml.LoadAllFromString(File.ReadAllText(folder.At("secrets/kubernetes.yaml")), null, strict: true)
            .Cast<V1Secret>().ToDictionary(secret => secret.Metadata.Name);
    }
}
