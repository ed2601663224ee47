using System.CommandLine;

namespace VitGrid.LoadTest.Objects;

/// <summary><c>s3-server</c>: a server of S3's protocol over a folder, until Ctrl-C.</summary>
internal static class S3ServerCommand
{
    public static Command Create()
    {
        Option<string> folder = new("--folder") { Description = "folder whose folders are buckets", Required = true };
        Option<int> port = new("--port") { Description = "port on loopback", DefaultValueFactory = _ => 9_010 };
        Command command = new(
            "s3-server",
            $"serve a folder by S3's protocol; the key it knows is {S3Server.AccessKey}. Example: vitgrid-loadtest s3-server --folder "
                + "out/buckets")
        {
            folder, port,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using S3Server server = await S3Server.StartAsync(Path.GetFullPath(parsed.GetValue(folder)!), parsed.GetValue(port));
            Console.WriteLine($"serving {parsed.GetValue(folder)} at {server.Address}");
            await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return 0;
        });
        return command;
    }
}
