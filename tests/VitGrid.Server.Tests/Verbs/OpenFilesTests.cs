using VitGrid.Server.Verbs;

namespace VitGrid.Server.Tests.Verbs;

public sealed class OpenFilesTests
{
    [Theory]
    [InlineData("Max open files            256                  256                  files     ", true)]
    [InlineData("Max open files            511                  4096                 files     ", true)]
    [InlineData("Max open files            512                  512                  files     ", false)]
    [InlineData("Max open files            unlimited            unlimited            files     ", false)]
    [InlineData("Max pending signals       12                   12                   signals   ", false)]
    public void Too_few_open_files_are_told_with_the_limit_and_the_remedy(string line, bool isFault)
    {
        string? fault = OpenFiles.Fault(["Limit                     Soft Limit           Hard Limit           Units     ", line]);
        Assert.Equal(isFault, fault is not null);
        if (isFault)
            Assert.Matches("at least 512 .*ulimit -n", fault);
    }
}
