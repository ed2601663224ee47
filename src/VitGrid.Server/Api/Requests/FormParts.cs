using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>The parts of a form as they are read, one behind the other in <paramref name="buffer"/>, which it leaves when disposed.</summary>
internal sealed class FormParts(SharedBuffer buffer, int mostInputs) : IDisposable
{
    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);
    private readonly List<PictureInput> _pictures = [];
    private int _end;

    /// <summary>Reads one part: a picture or a field.</summary>
    /// <exception cref="ApiException">One picture too many.</exception>
    public async Task TakeAsync(MultipartSection section, CancellationToken cancellation)
    {
        Memory<byte> content = await ReadAsync(section.Body, cancellation);
        ContentDispositionHeaderValue? disposition = section.GetContentDispositionHeader();
        string name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? "").ToString();
        bool isFile = disposition?.IsFileDisposition() == true || section.ContentType?.StartsWith("image/", StringComparison.OrdinalIgnoreCase) == true;
        if (isFile || name is "input" or "image")
            AddPicture(content, isFile);
        else
            _fields[name] = Encoding.UTF8.GetString(content.Span);
    }

    /// <exception cref="ApiException">No picture came, or <paramref name="check"/> refuses the fields.</exception>
    public ParsedRequest ToRequest(Action<EmbeddingFields> check)
    {
        if (_pictures.Count == 0)
            throw new ApiException(ApiCode.InvalidRequest, "the form holds no file; send at least one, e.g. curl -F file=@picture.jpg", "input");
        EmbeddingFields fields = EmbeddingFields.Read(_fields.GetValueOrDefault);
        check(fields);
        return new(fields, _pictures, buffer);
    }

    /// <inheritdoc/>
    public void Dispose() => buffer.Dispose();

    private async Task<Memory<byte>> ReadAsync(Stream part, CancellationToken cancellation)
    {
        int begin = _end, read;
        while ((read = await part.ReadAsync(buffer.Bytes.AsMemory(_end), cancellation)) > 0)
            _end += read;
        return buffer.Bytes.AsMemory(begin, _end - begin);
    }

    private void AddPicture(Memory<byte> content, bool isFile)
    {
        if (_pictures.Count == mostInputs)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"the form holds more than {mostInputs} pictures, the limit of a request; split it into several requests", "input");
        }
        string param = $"input[{_pictures.Count}]";
        _pictures.Add(isFile ? PictureInput.Of(param, content, buffer) : PictureText.Read(content, param, buffer));
    }
}
