using StackExchange.Redis;

namespace VitGrid.Redis;

/// <summary>What a connection to Redis needs that does not stand in its address: files of this machine.</summary>
/// <param name="PasswordFile">
/// File whose text is the password, the line break at its end apart; null: the address has it, or none is needed.
/// </param>
/// <param name="AuthorityFile">PEM file of the authorities that sign Redis' certificate; null: those that this machine trusts.</param>
public sealed record RedisLogin(string? PasswordFile = null, string? AuthorityFile = null)
{
    /// <summary>Nothing beside the address.</summary>
    public static RedisLogin None { get; } = new();

    /// <exception cref="FormatException">A file cannot be used, or contradicts the address; the message holds no password.</exception>
    internal void ApplyTo(ConfigurationOptions options)
    {
        if (PasswordFile is not null)
        {
            if (options.Password is not null)
                throw new FormatException($"it holds a password, and so does the file '{PasswordFile}'; keep one of them");
            options.Password = Read(PasswordFile, "password");
        }
        if (AuthorityFile is null)
            return;
        if (!options.Ssl)
            throw new FormatException($"an authority is named ('{AuthorityFile}') for an address without TLS; write rediss:// or ssl=true");
        try
        {
            options.TrustIssuer(AuthorityFile);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or System.Security.Cryptography.CryptographicException)
        {
            throw new FormatException($"the authorities of its certificate cannot be read from '{AuthorityFile}': {exception.Message}");
        }
    }

    private static string Read(string file, string what)
    {
        try
        {
            return File.ReadAllText(file).TrimEnd('\r', '\n') is { Length: > 0 } text
                ? text : throw new FormatException($"its {what} file '{file}' is empty");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"its {what} cannot be read from '{file}': {exception.Message}");
        }
    }
}
