using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace VitGrid.Benchmarks.Hits;

/// <summary>What an answer from a cache cannot do without: read the body, hash it, write the same bytes back. Nothing else.</summary>
internal static class BareKestrel
{
    /// <summary>Answers every request with the bytes of the file <paramref name="answer"/> until the process is killed.</summary>
    public static async Task RunAsync(string url, string answer)
    {
        byte[] bytes = await File.ReadAllBytesAsync(answer);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url).ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        await using WebApplication app = builder.Build();
        app.Run(context => AnswerAsync(context, bytes));
        await app.RunAsync();
    }

    private static async Task AnswerAsync(HttpContext context, byte[] answer)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        PipeReader body = context.Request.BodyReader;
        ReadResult read;
        do
        {
            read = await body.ReadAsync();
            foreach (ReadOnlyMemory<byte> piece in read.Buffer)
                hash.AppendData(piece.Span);
            body.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
        context.Response.Headers["x-digest"] = Convert.ToHexString(hash.GetHashAndReset());
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer);
    }
}
