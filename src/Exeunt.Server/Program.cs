return await Exeunt.Server.Commands.CommandLine.RunAsync(args);
