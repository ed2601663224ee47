using System.CommandLine;
using VitGrid.Fuzz;

RootCommand root = FuzzCommand.Create();
return await root.Parse(args).InvokeAsync();
